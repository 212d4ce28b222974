import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from gradtui.app.render.text import (
    cut,
    fit,
    fit_name,
    from_to,
    layers_phrase,
    natural,
    safe,
    spans,
    to_ascii,
    wrap,
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain.weight", "plain.weight"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\t", "a\\nb\\t"),
        ("\x9b2J", "\\x9b2J"),
        ("evil\u202etxt", "evil\\u202etxt"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
        ("naïve größe", "naïve größe"),
    ],
)
def test_nothing_reaches_the_terminal_unescaped(raw: str, shown: str) -> None:
    assert safe(raw) == shown


@given(st.text())
def test_safe_text_has_no_control_characters(raw: str) -> None:
    shown = safe(raw)
    assert shown.isprintable()
    assert safe(shown) == shown


@given(st.text(), st.integers(0, 40))
def test_fit_never_exceeds_its_cells(raw: str, cells: int) -> None:
    assert cell_len(fit(safe(raw), cells)) <= cells


def test_fit_keeps_both_ends() -> None:
    assert fit("transformer.blocks.11.mlp.weight", 15) == "transfor….weight"[:7] + "….weight"


@given(st.text(), st.integers(1, 40))
def test_wrapped_lines_fit_and_lose_nothing(raw: str, cells: int) -> None:
    lines = wrap(raw, cells)
    assert all(cell_len(line) <= cells for line in lines)
    if raw.isascii():
        kept = "".join("".join(lines).split())
        assert kept == "".join(safe(word) for word in raw.split())


def test_paragraphs_stay_apart() -> None:
    assert wrap("one two\n\nthree", 5) == ["one", "two", "", "three"]


@given(st.text())
def test_ascii_is_ascii(raw: str) -> None:
    assert to_ascii(raw).isascii()


def test_spans_join_neighbours() -> None:
    assert spans([3, 1, 2, 7, 7]) == [(1, 3), (7, 7)]


@pytest.mark.parametrize(
    ("rows", "phrase"),
    [
        (range(14), "layers 1-14 of 20"),
        (range(20), "all 20 layers"),
        ((0, 1, 5), "layers 1-2, 6 of 20"),
        ((), "whole net"),
        (range(0, 20, 2), "layers 1, 3, 5, …, 19 of 20"),
    ],
)
def test_layers_in_words(rows: range, phrase: str) -> None:
    assert layers_phrase(tuple(rows), tuple(f"fc{i}" for i in rows), 20) == phrase


def test_one_layer_goes_by_its_escaped_name() -> None:
    assert layers_phrase((4,), ("fc\x1b",), 20) == "layer fc\\x1b"


def test_names_without_numbers_are_sorted_too() -> None:
    names = ["lm_head", "h.10.b", "wte", "h.9.b", "h.9.a", "", "9"]
    assert sorted(names, key=natural) == ["", "9", "h.9.a", "h.9.b", "h.10.b", "lm_head", "wte"]


def test_neighbouring_layers_are_called_by_the_names_of_both_ends() -> None:
    names = ("generator.0", "generator.2", "generator.4\x1b")
    assert from_to((0, 1, 2), names) == "generator.0 to generator.4\\x1b"
    assert from_to((0, 2, 3), names) == ""
    assert from_to((0,), names[:1]) == ""
    assert from_to((0, 1), ("layer 1", "layer 2")) == ""
    assert from_to((0, 1, 2), names[:2]) == ""


def test_a_sentence_is_cut_at_its_end() -> None:
    assert cut("log of 0 in loss.py", 19) == "log of 0 in loss.py"
    assert cut("log of 0 in loss.py", 9) == "log of 0…"
    assert cut("log", 1) == "…"
    assert cut("log", 0) == ""


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (27, "blocks.0.self_attn.out_proj"),
        (26, "b.0.self_attn.out_proj"),
        (21, "b.0.s.out_proj"),
        (14, "b.0.s.out_proj"),
        (13, "blocks…t_proj"),
    ],
)
def test_of_a_dotted_name_words_are_shortened_from_the_left(cells: int, shown: str) -> None:
    assert fit_name("blocks.0.self_attn.out_proj", cells) == shown


def test_a_name_without_dots_is_cut_in_the_middle() -> None:
    assert fit_name("embedding_of_tokens", 9) == fit("embedding_of_tokens", 9)
