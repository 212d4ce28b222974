from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest

from gradtui.app.render.detail import detail_lines
from gradtui.app.render.line import plain, width
from gradtui.app.render.theory import marked, theory_said
from gradtui.app.view import View
from gradtui.core.symptom import Severity
from gradtui.doctor.finding import Diagnosis
from gradtui.theory import Theory, predict, read_stack
from tests import factories


def shown(theory: Theory, selected: int = 2, **changes: Any) -> list[str]:
    view = factories.view(factories.healthy(8), selected=selected, **changes)
    return [plain(line) for line in detail_lines(view, 90, theory)]


def made(norms: np.ndarray | None = None) -> Theory:
    layout = factories.mlp_layout(8)
    now = predict(read_stack(layout, np.full((16, 4), 8.0)))
    return Theory(now, now, np.full(8, 3e-7) if norms is None else norms)


def test_the_panel_says_what_theory_says() -> None:
    line = next(line for line in shown(made()) if "theory" in line)
    assert line.startswith(" theory: 3.0e-07 (chi 0.5 a layer)")
    last = next(line for line in shown(made(), 7) if "theory" in line)
    assert "starts here" in last


@pytest.mark.parametrize("cells", [30, 54, 78, 79, 80, 90])
def test_what_theory_says_is_never_cut_off(cells: int) -> None:
    lines = detail_lines(factories.view(factories.healthy(8), selected=2), cells, made())
    shown = lines[2 : lines.index(())]
    assert all(width(line) <= cells for line in shown)
    assert " ".join(plain(line).strip() for line in shown) == (
        "theory: 3.0e-07 (chi 0.5 a layer) give or take 0.1 decades, output variance 6.8e-01"
    )


@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_panel_says_why_there_is_none(ascii_only: bool) -> None:
    lines = shown(Theory(reason="there are skip connections"), ascii_only=ascii_only)
    assert any("theory: none, there are skip connections" in line for line in lines)
    assert not any("theory" in line for line in shown(Theory()))
    assert not any("theory" in line for line in shown(made(np.full(8, nan))))


def test_a_mark_takes_one_cell_and_keeps_the_ground() -> None:
    bar = (("━━━━━", "warn"), ("     ", "quiet on band"))
    for norm in (1e-300, 1e-9, 1e-2, 1e30, 0.0, float("inf")):
        assert width(marked(bar, norm)) == 10
        assert "╋" in plain(marked(bar, norm))
    assert ("  ╋  ", "quiet on band") in marked(bar, 1e0)
    assert marked(bar, nan) == bar
    assert marked((("!!", "nonfinite"),), 1.0) == (("!!", "nonfinite"),)


def test_a_view_without_theory_has_none() -> None:
    assert View().theory == Theory()


def test_the_sentence_is_for_the_start_and_for_what_depth_explains() -> None:
    def said(steps: int, diagnosis: Diagnosis) -> str:
        view = factories.view(factories.healthy(8), steps, theory=made())
        return theory_said(replace(view, diagnosis=diagnosis))

    well = Diagnosis("healthy", Severity.OK, 59)
    assert "design" in said(20, well)
    assert not said(60, well)  # what is left of its gradient says nothing about its design
    assert "design" in said(60, factories.vanishing(8).diagnosis)
