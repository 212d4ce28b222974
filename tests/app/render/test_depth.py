from dataclasses import replace
from math import nan

import numpy as np
import pytest

from gradtui.app.render.depth import HEAD, depth_lines
from gradtui.app.render.drawn import Drawn
from gradtui.app.render.line import plain, sized
from gradtui.app.render.state import row_states
from gradtui.app.view import View
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Grad
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis
from tests import factories


def drawn(view: View, width: int = 100) -> list[str]:
    return [plain(sized(line, width)) for line in depth_lines(view, width, range(999), Drawn())]


def test_vanishing_shows_as_a_ramp_with_glyphs_and_numbers() -> None:
    lines = drawn(factories.view(factories.vanishing(), selected=2))
    rows = lines[HEAD:]
    assert "healthy band" in lines[0]
    assert len(rows) == 20
    assert rows[0].startswith(" ▼ layers.0")
    assert rows[2].startswith("▌▼ layers.2")
    assert "8.0e-13" in rows[0]
    assert rows[-1][1] == "●"
    lengths = [row.count("━") for row in rows]
    assert lengths == sorted(lengths)


@pytest.mark.parametrize(("width", "whole"), [(72, True), (100, True), (54, False)])
def test_layers_are_told_apart_by_name_where_names_are_long(width: int, whole: bool) -> None:
    view = factories.view(factories.healthy(4))
    assert view.facts is not None
    names = [f"blocks.{n}.self_attn{end}" for n in (0, 1) for end in ("", ".out_proj")]
    rows = tuple(
        replace(row, name=name) for row, name in zip(view.facts.layout.rows, names, strict=True)
    )
    layout = replace(view.facts.layout, rows=rows)
    view = replace(view, layout=layout, facts=replace(view.facts, layout=layout))
    shown = [line[3:].split()[0] for line in drawn(view, width)[HEAD:]]
    assert len(set(shown)) == 4
    assert (shown == names) == whole
    assert "history" in drawn(view, width)[0]


def test_nan_is_said_and_drawn() -> None:
    row = drawn(factories.view(factories.exploding(), selected=1))[HEAD]
    assert row.startswith(" ✗ layers.0")
    assert "NaN" in row
    assert "╱╱╱" in row
    assert "!!!" in row


@pytest.mark.parametrize("width", [24, 40, 60, 100, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_fit_at_any_width(width: int, ascii_only: bool) -> None:
    made = factories.exploding()
    view = factories.view(made, ascii_only=ascii_only, reference=factories.reference(made, 30))
    for line in depth_lines(view, width, range(99), Drawn()):
        assert len(plain(line)) <= max(width, 24)
        assert not ascii_only or plain(line).isascii()


def test_rows_follow_the_order() -> None:
    rows = drawn(factories.view(factories.healthy(), order=(5, 1)))[HEAD:]
    assert [row[3:11] for row in rows] == ["layers.5", "layers.1"]


def test_nothing_matches() -> None:
    assert "no row matches" in drawn(factories.view(factories.healthy(), order=()))[-1]


def test_before_the_run_it_says_what_is_awaited() -> None:
    assert drawn(View(progress="importing torch"))[0].strip() == "importing torch"


def test_the_reference_is_marked_on_its_rows() -> None:
    reference = factories.reference(factories.vanishing(20))
    view = factories.view(factories.healthy(20), reference=reference)
    assert all("◆" in row for row in drawn(view)[HEAD:])


def test_another_architecture_has_no_rows_to_compare() -> None:
    reference = factories.reference(factories.vanishing(20))
    view = factories.view(factories.healthy(8), reference=reference)
    assert not any("◆" in row for row in drawn(view))


def test_noise_redraws_nothing_until_the_owner_says_so() -> None:
    made = factories.healthy(4, 400)
    kept = Drawn()
    now, later = factories.view(made, 50), factories.view(made, 51)
    first = depth_lines(now, 80, range(99), kept)
    again = depth_lines(later, 80, range(99), kept)
    same = [a == b for a, b in zip(first[HEAD:], again[HEAD:], strict=True)]
    assert any(same)
    assert kept.kept
    kept.clear()
    fresh = depth_lines(later, 80, range(99), kept)
    assert list(fresh) == list(depth_lines(later, 80, range(99), Drawn()))


def test_a_row_that_changes_state_is_redrawn_at_once() -> None:
    made = factories.exploding()
    kept = Drawn()
    depth_lines(factories.view(made, 40), 80, range(99), kept)
    lines = depth_lines(factories.view(made, 41), 80, range(99), kept)
    assert all("NaN" in plain(line) for line in lines[HEAD:])


def test_hostile_names_are_escaped() -> None:
    layout = factories.mlp_layout(3, prefix="\x1b[31m[red]\u202e")
    made = replace(factories.healthy(3), layout=layout)
    text = "".join(drawn(factories.view(made), 200))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m" in text


def states(norm: float, layout: Layout | None = None, **changes: object) -> str:
    made = replace(factories.healthy(2), norms=lambda step: np.full(2, norm))
    if layout is not None:
        made.layout = layout
    view = factories.view(made, 5)
    assert view.facts is not None
    facts = replace(view.facts, **changes)  # type: ignore[arg-type]
    return row_states(facts, made.layout, NOTHING_SEEN)[0]


@pytest.mark.parametrize(
    ("norm", "state"),
    [(0.1, "ok"), (1e-9, "vanish"), (1e5, "explode"), (nan, "nonfinite"), (0.0, "zero")],
)
def test_states_of_norms(norm: float, state: str) -> None:
    assert states(norm) == state


def test_a_skipped_step_is_not_sick() -> None:
    assert states(nan, skipped=np.ones(5, dtype=bool)) == "skipped"


def test_small_gradients_of_a_converged_run_are_not_sick() -> None:
    view = factories.view(factories.vanishing())
    assert view.layout is not None
    done = Diagnosis("converged", NOTHING_SEEN.severity, 59)
    assert set(row_states(view.facts, view.layout, done)) == {"low", "ok"}


def test_zero_by_construction_is_not_sick() -> None:
    layout = factories.mlp_layout(2)
    zero = tuple(replace(t, structural_zero="a bias before batch norm") for t in layout.tensors)
    assert states(0.0, replace(layout, tensors=zero)) == "structural"


def test_no_gradient_is_told_from_nan() -> None:
    layout = factories.mlp_layout(2)
    grads = np.full((5, len(layout.tensors), Grad.COLUMNS), nan)
    assert states(nan, grads=grads) == "none"


@pytest.mark.parametrize("ascii_only", [False, True])
def test_theory_is_a_mark_on_the_bar_and_explained(ascii_only: bool) -> None:
    made = factories.vanishing()
    view = factories.view(made, ascii_only=ascii_only)
    norms = made.norms(0) * 10.0
    norms[3] = nan
    lines = [plain(line) for line in depth_lines(view, 100, range(99), Drawn(), norms)]
    glyph = "+" if ascii_only else "╋"
    assert f"{glyph} theory" in lines[1]
    without = [plain(line) for line in depth_lines(view, 100, range(99), Drawn())]
    more = [a.count(glyph) - b.count(glyph) for a, b in zip(lines, without, strict=True)]
    assert more[HEAD:] == [int(row != 3) for row in range(20)]
    assert [len(line) for line in lines] == [len(line) for line in without]


def test_a_bar_without_a_number_has_no_theory_and_the_compared_run_stays() -> None:
    made = factories.exploding()
    lines = depth_lines(factories.view(made), 100, range(99), Drawn(), np.ones(12))
    assert not any("╋" in plain(line) for line in lines[HEAD:])
    view = factories.view(factories.healthy(8), reference=factories.reference(factories.healthy(8)))
    same = factories.healthy(8).norms(59)
    rows = [plain(line) for line in depth_lines(view, 100, range(99), Drawn(), same)[HEAD:]]
    assert all("◆" in row for row in rows)


def test_theory_of_other_rows_is_not_drawn() -> None:
    lines = depth_lines(factories.view(factories.healthy(8)), 100, range(99), Drawn(), np.ones(3))
    assert not any("╋" in plain(line) for line in lines)


def test_theory_costs_few_changes_of_colour() -> None:
    view = factories.view(factories.vanishing(100))
    bare = depth_lines(view, 100, range(200), Drawn())
    full = depth_lines(view, 100, range(200), Drawn(), np.full(100, 1e-4))
    assert max(len(b) - len(a) for a, b in zip(bare, full, strict=True)) <= 2


def test_the_legend_tells_marks_that_are_numbers_from_those_that_are_not() -> None:
    for value, word in ((1e-3, "◆ sick"), (np.nan, "✗ sick: NaN")):
        made = factories.healthy(20)
        other = replace(made, norms=lambda step, value=value: np.full(20, value))
        view = factories.view(made, 20, reference=factories.reference(other, 20))
        assert word in drawn(view)[1]


def test_a_filter_counts_where_names_are_short() -> None:
    layout = factories.mlp_layout(152, prefix="x")
    view = factories.view(replace(factories.healthy(152), layout=layout), 9, order=tuple(range(11)))
    head = drawn(view)[:HEAD]
    assert head[0].startswith("   layer ")
    assert head[1].startswith("   11/152 ") or head[1].startswith("   11 of 152 ")
