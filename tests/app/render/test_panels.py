from dataclasses import replace
from math import nan
from typing import Any

import numpy as np
import pytest

from gradtui.app.render.banner import banner_lines
from gradtui.app.render.compare import compare_lines
from gradtui.app.render.detail import detail_lines
from gradtui.app.render.findings import findings_lines
from gradtui.app.render.header import header_lines
from gradtui.app.render.line import Line, plain, width
from gradtui.app.render.number import duration
from gradtui.app.render.remedies import remedies_lines, remedy_at
from gradtui.app.render.story import expected_lines, story_lines
from gradtui.app.view import View
from gradtui.core.event import Failed
from gradtui.core.snapshot import NonFinite
from gradtui.core.symptom import Severity
from gradtui.doctor.finding import Diagnosis
from tests import factories


def text(lines: tuple[Line, ...]) -> str:
    return "\n".join(plain(line) for line in lines)


def test_header_says_who_how_far_and_how_it_goes() -> None:
    view = factories.view(factories.vanishing(), remedies=(1,), dropped=3)
    one, two, three = (plain(line) for line in header_lines(view, 140))
    assert "Vanishing gradients in a deep sigmoid net · cpu · float32 · sgd" in one
    assert one.endswith("▸ running ")
    for part in ("steps 60/500", "85 steps/s", "loss 2.3", "accuracy 10%", "monitor 1.2%"):
        assert part in two
    assert "3 dropped" in two
    assert "✗ VANISHING GRADIENT  layers 1-11 of 20, since step 0" in three
    assert "+ Residual connections" in three


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "paused"}, "‖ paused"),
        ({"state": "building", "progress": "152 layers"}, "building: 152 layers"),
        ({"scrubbing": True, "live_step": 1234}, "looking at step 59, live 1,234"),
        ({"frozen": True, "live_step": 99}, "view held, live step 99"),
        ({"state": "finished"}, "■ finished"),
    ],
)
def test_header_says_the_state(changes: dict[str, Any], words: str) -> None:
    assert words in text(header_lines(factories.view(factories.healthy(), **changes), 120))


def test_header_before_anything_is_known() -> None:
    lines = header_lines(View(state="loading", progress="importing torch"), 80)
    assert "loading: importing torch" in text(lines)
    assert "no verdict yet" in text(lines)


def test_header_shows_a_failure() -> None:
    failure = Failed(1, 7, "CUDA out of memory\x1b[2J", "traceback")
    shown = text(header_lines(View(state="failed", failure=failure), 80))
    assert "failed at step 7: CUDA out of memory\\x1b[2J" in shown


def test_a_nan_loss_is_a_word() -> None:
    assert "loss NaN" in text(header_lines(factories.view(factories.exploding()), 120))


@pytest.mark.parametrize("cells", [20, 40, 80, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_all_panels_fit_and_can_be_ascii(cells: int, ascii_only: bool) -> None:
    made = factories.vanishing()
    view = factories.view(
        made,
        ascii_only=ascii_only,
        reference=factories.reference(made, 30),
        remedies=(0,),
    )
    for lines in (
        header_lines(view, cells),
        findings_lines(view, cells),
        story_lines(view, cells),
        banner_lines(factories.view(factories.exploding(), ascii_only=ascii_only), cells),
        detail_lines(view, max(cells, 30)),
    ):
        assert lines
        assert not ascii_only or text(lines).isascii()
    assert all(width(line) == cells for line in header_lines(view, cells))


@pytest.mark.parametrize("ascii_only", [False, True])
def test_no_word_is_cut_at_any_width(ascii_only: bool) -> None:
    made = factories.vanishing()
    sick = factories.reference(made, 30)
    view = factories.view(made, ascii_only=ascii_only, reference=sick, remedies=(0,))
    for cells in range(36, 120):
        for lines in (findings_lines, story_lines, expected_lines, remedies_lines):
            wide = [plain(line) for line in lines(view, cells) if width(line) > cells]
            assert not wide, (lines.__name__, cells)


def test_a_finding_has_layers_evidence_cause_and_remedies() -> None:
    shown = text(findings_lines(factories.view(factories.vanishing()), 80))
    for part in (
        "✗ Vanishing gradient  since step 0",
        "layers 1-11 of 20",
        "3e10 times",
        "why   the sigmoid's slope",
        "try   use relu with He",
    ):
        assert part in shown


def test_remedies_say_what_they_are_expected_to_do_on_one_line_where_it_fits() -> None:
    view = factories.view(factories.vanishing())
    wide = text(remedies_lines(view, 80)).splitlines()
    assert "1 [ ] ReLU and He initialisation  → healthy" in wide[1]
    assert any("→ vanishing gradient" in line for line in wide)
    narrow = text(remedies_lines(view, 36)).splitlines()
    assert len(narrow) > len(wide)


def test_a_healthy_run_gets_a_friendly_line_and_its_notes() -> None:
    made = factories.healthy()
    made.diagnosis = Diagnosis("healthy", Severity.OK, 59, notes=("the loss scaler calibrates",))
    shown = text(findings_lines(factories.view(made), 60))
    assert "● Healthy" in shown
    assert "Every layer gets a gradient it can learn from." in shown
    assert "note  the loss scaler calibrates" in shown


def test_words_do_not_contradict_the_bars_of_a_net_that_learns() -> None:
    made = factories.vanishing()
    made.diagnosis = Diagnosis("healthy", Severity.OK, 59)
    shown = " ".join(text(findings_lines(factories.view(made), 60)).split())
    assert "Every layer gets a gradient" not in shown
    assert "of 20 layers have gradients outside of the healthy band" in shown


def test_what_fails_before_its_first_step_is_said_to() -> None:
    view = View(mode="run", state="failed", failure=Failed(1, -1, "no such file", ""))
    assert "failed before its first step: no such file" in text(header_lines(view, 80))


def test_sick_and_treated_stand_side_by_side() -> None:
    sick = factories.reference(factories.vanishing(20))
    made = replace(factories.healthy(20), scenario=factories.scenario())
    shown = text(findings_lines(factories.view(made, 30, reference=sick, remedies=(0,)), 70))
    assert "sick: ✗ vanishing gradient  →  treated: ● healthy" in shown
    assert "at step 29" in shown
    assert "first |g|" in shown
    chosen = text(remedies_lines(factories.view(made, 30, reference=sick, remedies=(0,)), 70))
    assert "1 [x] ReLU and He" in chosen
    assert "the first layer comes back at once" in chosen


def test_a_click_finds_its_remedy() -> None:
    view = factories.view(factories.vanishing())
    lines = remedies_lines(view, 30)
    at = next(i for i, line in enumerate(lines) if "2 [ ]" in plain(line))
    assert remedy_at(view, 30, at) == 1
    assert remedy_at(view, 30, at + 1) == 1
    assert remedy_at(view, 30, 0) is None
    assert remedy_at(view, 30, 1000) is None


def test_the_banner_says_where() -> None:
    assert banner_lines(factories.view(factories.healthy()), 100) == ()
    shown = text(banner_lines(factories.view(factories.exploding()), 100))
    assert "step 40, in the backward pass, layers.11, tensor weight" in shown


def test_the_banner_escapes_what_the_run_called_its_modules() -> None:
    view = factories.view(factories.exploding())
    assert view.facts is not None
    facts = replace(view.facts, first_nonfinite=NonFinite(3, "forward", "\x1b]0;x\x07", "\n"))
    shown = text(banner_lines(replace(view, facts=facts), 120))
    assert shown.isprintable()
    assert "\\x1b]0;x\\x07" in shown


def test_the_story_is_told() -> None:
    view = factories.view(factories.vanishing())
    assert "Watch the bars shrink" in text(story_lines(view, 50))
    assert "Expected: vanishing gradient" in text(expected_lines(view, 50))


def test_the_detail_of_a_row() -> None:
    shown = text(detail_lines(factories.view(factories.vanishing(), selected=19), 90))
    for part in (
        "layers.19",
        "row 20 of 20",
        "gradient norm",
        "update / weight",
        "dead units",
        "5.0%",
        "log2|g| at step 55",
        "layers.19.weight  64 x 64  weight",
    ):
        assert part in shown
    assert "saturated" not in shown


def test_the_detail_of_a_structural_zero_says_why() -> None:
    made = factories.healthy(2)
    tensors = list(made.layout.tensors)
    tensors[1] = replace(tensors[1], structural_zero="a bias before batch norm")
    made.layout = replace(made.layout, tensors=tuple(tensors))
    shown = text(detail_lines(factories.view(made), 80))
    assert "zero by construction: a bias before batch norm" in shown


def test_the_detail_draws_nan_as_such() -> None:
    shown = text(detail_lines(factories.view(factories.exploding()), 90))
    assert "NaN" in shown
    assert "!!!" in shown


def test_unknown_speed_is_a_dash() -> None:
    view = factories.view(factories.healthy(), steps_per_s=nan, overhead=nan)
    assert "- steps/s" in text(header_lines(view, 120))
    # Of a run that is over nobody awaits it any more.
    assert "steps/s" not in text(header_lines(replace(view, state="failed"), 120))


def test_the_header_says_how_long_it_has_trained() -> None:
    view = factories.view(factories.healthy())
    assert view.facts is not None
    assert "elapsed" not in text(header_lines(view, 200))  # the lab's steps have no time
    scalars = view.facts.scalars
    time = np.asarray(1e9 + 120.5 * np.arange(len(scalars)), np.float64)
    timed = replace(scalars, time=time)
    facts = replace(view.facts, every=timed)
    assert f"elapsed {duration(120.5 * (len(scalars) - 1))}" in text(
        header_lines(replace(view, facts=facts), 200)
    )


def test_a_run_whose_end_is_known_says_how_long_is_left() -> None:
    view = factories.view(factories.healthy(), mode="run", state="running", steps_per_s=2.0)
    assert view.info is not None
    done = view.live_step + 1
    info = replace(view.info, steps=done + 240, epoch_steps=done / 2)
    shown = text(header_lines(replace(view, info=info), 200))
    assert f"left {duration(120)}" in shown
    assert f"epoch 2/{round((done + 240) / (done / 2))}" in shown
    assert f"/{done + 240:,}" in shown
    planned = replace(info, by_schedule=True)
    assert f"left {duration(120)} by the schedule" in text(
        header_lines(replace(view, info=planned), 200)
    )
    assert "schedule" not in text(header_lines(replace(view, info=planned), 100))
    assert "left" not in text(header_lines(replace(view, info=info, scrubbing=True), 200))
    assert "left" not in text(header_lines(replace(view, info=info, state="finished"), 200))
    beyond = replace(view.info, steps=done - 1, epoch_steps=10)
    shown = text(header_lines(replace(view, info=beyond), 200))  # an estimate that was wrong
    assert "left" not in shown
    assert f"/{done - 1:,}" not in shown


@pytest.mark.parametrize("cells", [34, 43, 60, 100])
@pytest.mark.parametrize("behind", [0, 1])
def test_both_steps_are_seen_whatever_the_width(cells: int, behind: int) -> None:
    """Of the sick run and of the treated one."""
    sick = factories.reference(factories.vanishing())
    view = factories.view(factories.healthy(20), 60 - behind, reference=sick)
    lines = compare_lines(view, cells)
    told = "\n".join(plain(line) for line in lines)
    assert all(width(line) <= max(cells, 34) for line in lines if "step" in plain(line))
    assert str(59 - behind) in told
