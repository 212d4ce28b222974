"""Layers in groups: what is open, where the cursor is, what is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from gradtui.app.layer_order import LayerOrder
from gradtui.app.render.depth import HEAD, depth_lines
from gradtui.app.render.drawn import Drawn
from gradtui.app.render.heat import beside_lines, heat_lines
from gradtui.app.render.history import Columns
from gradtui.app.render.line import Line, plain
from gradtui.app.screens.detail import DetailScreen
from gradtui.app.session import ARRANGE_EVERY
from gradtui.app.view import View
from gradtui.app.widgets.depth_view import DepthView
from gradtui.core.layout import Layout
from gradtui.core.symptom import Severity
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis, Finding
from tests import factories
from tests.app.play import Play
from tests.app.playing import playing, text, until

BLOCKS, PARTS = 60, ("attn.qkv", "attn.out", "mlp.up", "mlp.down")
SICK = "net.h.37.mlp.up"


def deep_layout() -> Layout:
    """An embedding, sixty blocks of four layers, a head."""
    names = ["net.emb", *(f"net.h.{i}.{part}" for i in range(BLOCKS) for part in PARTS), "head"]
    layout = factories.mlp_layout(len(names))
    rows = (replace(row, name=name) for row, name in zip(layout.rows, names, strict=True))
    return replace(layout, rows=tuple(rows))


LAYOUT = deep_layout()
AT = [row.name for row in LAYOUT.rows].index(SICK)


def one_explodes(steps: int = 30) -> factories.MadeUp:
    """All layers are well but one, whose norm is 1e9 from step 10 on."""
    made = factories.healthy(len(LAYOUT.rows), steps)
    well, made.layout = made.norms, LAYOUT

    def norms(step: int) -> np.ndarray:
        found = well(step).copy()
        found[AT] = 1e9 if step >= 10 else found[AT]
        return found

    made.norms = norms
    finding = Finding(
        "exploding_gradient", Severity.CRITICAL, 10, "1e9", "", (), rows=(AT,), layers=(SICK,)
    )
    made.diagnosis = Diagnosis("exploding_gradient", Severity.CRITICAL, steps - 1, (finding,))
    return made


def arranged(lines: int = 24, text: str = "", sort: str = "depth") -> tuple[LayerOrder, View]:
    """The list of layers of that net on a screen of so many lines, and what the screen shows."""
    view = factories.view(one_explodes(), state="finished")
    rows = LayerOrder(text=text, sort=sort)
    rows.folding.lines = lines
    return rows, seen(rows, view)


def seen(rows: LayerOrder, view: View) -> View:
    """The view once the rows are arranged anew."""
    rows.arrange(LAYOUT, view.facts, view.diagnosis)
    return replace(
        view,
        order=rows.order,
        entries=rows.entries,
        matched=len(rows.layers),
        selected=rows.selected,
        opened=rows.selected_row,
    )


def drawn(view: View, width: int = 100) -> list[str]:
    lines = depth_lines(view, width, range(999), Drawn())
    return [plain(line).rstrip() for line in lines]


def test_a_net_that_fits_is_not_folded() -> None:
    for lines in (0, 300):
        rows, view = arranged(lines)
        assert (rows.entries, rows.order) == ((), tuple(range(len(LAYOUT.rows))))
        assert f"   {SICK}" in "\n".join(drawn(view)).replace("▲", " ")


@pytest.mark.parametrize("lines", [8, 12, 24, 40])
def test_a_fault_is_seen_without_scrolling(lines: int) -> None:
    rows, view = arranged(lines)
    assert len(rows.order) <= max(lines, 18)  # of a screen that is half empty more is opened
    shown = drawn(view, 110)[HEAD:]
    (line,) = [line for line in shown if "1.0e+09" in line]
    assert line.startswith("▌▲")  # the cursor is there
    assert "mlp.up" in line
    assert ("37" in line) == ("▸ h" in line)


def test_enough_lines_show_the_layer_itself_within_its_groups() -> None:
    _, view = arranged(40)
    shown = drawn(view, 110)[HEAD:]
    at = next(i for i, line in enumerate(shown) if "1.0e+09" in line)
    headings = [line for line in shown[:at] if "▾" in line]
    assert [line.split("▾ ")[1] for line in headings] == [
        "net.h.* (240)",
        "h.36-39 (16)",
        "h.37 (4)",
    ]
    assert all(line.startswith(" ▲") for line in headings)
    assert shown[0].startswith(" ● net.emb")
    assert "head" in shown[-1]


@pytest.mark.parametrize("sort", ["worst first", "name", "most changed"])
def test_groups_are_sorted_by_what_is_in_them(sort: str) -> None:
    rows, _ = arranged(40, sort=sort)
    assert sorted(rows.layers) == list(range(len(LAYOUT.rows)))
    if sort == "worst first":
        assert rows.entries[0].row == AT
        assert rows.layers[0] == AT
    labels = [entry.label for entry in rows.entries if entry.depth == 0]
    assert sorted(labels) == ["head", "net.emb", "net.h.*"]
    if sort == "name":
        assert labels == ["head", "net.emb", "net.h.*"]


def test_a_filter_folds_what_is_left() -> None:
    rows, view = arranged(24, text="mlp.up")
    assert len(rows.layers) == BLOCKS
    assert {entry.group.rows[0] for entry in rows.entries if entry.group} <= set(rows.layers)
    assert f"{BLOCKS} of {len(LAYOUT.rows)}" in drawn(view)[1]
    rows, _ = arranged(24, text="h.37.")
    assert (rows.entries, len(rows.order)) == ((), 4)


def test_opening_and_closing() -> None:
    rows, view = arranged(12)
    everything = len(rows.layers)
    rows.select(next(i for i, entry in enumerate(rows.entries) if entry.label == "net.h.*"))
    assert rows.turn()
    view = seen(rows, view)
    assert len(rows.entries) == 3
    assert rows.turn()
    view = seen(rows, view)
    assert len(rows.entries) == 18
    assert rows.selected_entry is not None
    assert rows.selected_entry.open
    rows.select(rows.selected + 1)
    assert rows.turn()
    view = seen(rows, view)
    inner = rows.selected_entry
    assert inner is not None
    assert inner.label == "h.0-3"
    assert inner.open
    rows.select(0)
    assert not rows.turn()  # the embedding is in no group
    assert rows.turn_all() == "opened"
    view = seen(rows, view)
    assert sum(entry.group is None for entry in rows.entries) == everything
    rows.select(len(rows.order) - 2)  # the last layer of the last block
    assert rows.turn()
    seen(rows, view)
    assert rows.selected_entry is not None
    assert rows.selected_entry.label == "h.59"
    assert rows.turn_all() == "opened"
    view = seen(rows, view)
    assert rows.turn_all() == "closed"
    seen(rows, view)
    assert len(rows.entries) == 3


def test_a_small_net_can_be_folded_and_unfolded() -> None:
    rows, view = arranged(300)
    assert rows.turn_all() == "closed"
    view = seen(rows, view)
    assert len(rows.entries) == 3
    assert rows.turn_all() == "opened"
    seen(rows, view)
    assert rows.entries == ()


def test_the_cursor_stands_on_the_group_that_hides_its_layer() -> None:
    rows, view = arranged(8)
    rows.select(0)
    rows.select_layer(AT)
    assert rows.selected_row == AT
    view = seen(rows, view)
    assert rows.entries[rows.selected].group is not None
    assert view.row == AT
    rows.select_layer(1)
    assert rows.selected_row == AT + 1
    rows.select_layer(10_000)
    assert rows.selected_row == len(LAYOUT.rows) - 1


def test_a_finding_is_followed_once() -> None:
    rows, view = arranged(40)
    rows.select(0)
    seen(rows, view)
    assert rows.selected == 0  # who has gone elsewhere is left there
    rows.arrange(LAYOUT, view.facts, NOTHING_SEEN)
    assert any(entry.row == AT and entry.group is None for entry in rows.entries)


def test_a_layer_without_a_gradient_does_not_stand_for_its_group() -> None:
    rows, view = arranged(12)
    assert view.facts is not None
    grads, norms = view.facts.grads.copy(), view.facts.row_norms.copy()
    grads[:, 2 * (AT + 1) :] = np.nan  # all that comes after it, and half of its block
    norms[:, AT + 1 :] = np.nan
    view = replace(view, facts=replace(view.facts, grads=grads, row_norms=norms))
    seen(rows, view)
    group = next(entry for entry in rows.entries if entry.label == "h.36-39")
    assert group.row == AT
    rows.sort = "worst first"
    seen(rows, view)
    assert rows.layers[0] == AT
    gone = range(AT + 1, len(LAYOUT.rows))
    assert sorted(rows.layers[-len(gone) :]) == list(gone)


def alarmed(lines: list[Line]) -> list[bool]:
    """Which lines of a heat map have the look of the highest norms."""
    return [any(meaning == "heat-7" for _, meaning in line) for line in lines]


def test_the_heat_map_shows_the_worst_of_a_group() -> None:
    _, view = arranged(12)
    shown = list(beside_lines(view, 40, range(99), Columns()))[HEAD:]
    assert alarmed(shown) == [entry.row == AT and not entry.open for entry in view.entries]
    tab = list(heat_lines(view, 60, 30, Columns()))
    assert sum(alarmed(tab[: len(view.order)])) == 1
    _, view = arranged(40)
    shown = list(beside_lines(view, 40, range(99), Columns()))[HEAD:]
    assert all(not line for line, entry in zip(shown, view.entries, strict=True) if entry.open)


@pytest.mark.parametrize("width", [36, 78, 100, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_of_groups_fit_at_any_width(width: int, ascii_only: bool) -> None:
    view = replace(arranged(40)[1], ascii_only=ascii_only)
    for line in (
        *depth_lines(view, width, range(99), Drawn()),
        *heat_lines(view, width, 9, Columns()),
    ):
        assert len(plain(line)) <= max(width, 24)
        assert not ascii_only or plain(line).isascii() or "█" in plain(line)
    if ascii_only:
        assert "- net.h.* (240)" in plain(depth_lines(view, 100, range(99), Drawn())[HEAD + 1])


def test_the_worst_of_a_run_that_is_over_is_found_without_another_step() -> None:
    play = Play()
    play.source.choose = lambda _: one_explodes()
    play.session.fold_into(12)
    play.session.select(0)
    play.tick(3)
    play.view()
    play.tick(60)
    play.view()
    play.now += ARRANGE_EVERY
    view = play.view()
    assert AT in view.order
    assert not play.session.changed


async def test_a_click_and_enter_open_a_group() -> None:
    async with playing("very_deep", size=(140, 45)) as (app, pilot):
        await until(pilot, lambda: "layers.0-9 (10)" in text(app))
        assert "layers.0 " not in text(app)
        depth = app.screen.query_one(DepthView)
        at = next(i for i, e in enumerate(app.session.rows.entries) if e.label == "layers.0-9")
        await pilot.click(DepthView, offset=(12, at + HEAD))
        await until(pilot, lambda: "layers.0 " in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "layers.0 " not in text(app))
        await pilot.press("u", "down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen))
        assert "layers.0 " in text(app)
        await pilot.press("escape", "U")
        await until(pilot, lambda: len(app.session.rows.entries) > 152)
        assert depth.page < 152
