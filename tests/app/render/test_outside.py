"""What is said of a run beside its steps: its stage, its end, its time, its output."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from gradtui.app.render.ending import ending
from gradtui.app.render.header import header_lines
from gradtui.app.render.line import Line, plain, width
from gradtui.app.render.log import log_lines
from gradtui.app.render.waiting import waiting_lines
from gradtui.app.view import Measured, Outside, View
from gradtui.core.event import Failed
from gradtui.core.logged import Logged
from tests import factories


def text(lines: tuple[Line, ...]) -> str:
    return "\n".join(plain(line) for line in lines)


def watched(mode: str = "run", clip: float = nan, **changes: object) -> View:
    view = factories.view(factories.healthy(), mode=mode)
    assert view.facts is not None
    facts = replace(view.facts, clip_coefficient=np.full(len(view.facts), clip))
    return replace(view, facts=facts, **changes)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "exited 0"),
        (7, "exited with 7"),
        (137, "killed by SIGKILL"),
        (130, "killed by SIGINT"),
        (255, "exited with 255"),
        (-3, "exited with -3"),
    ],
)
def test_endings_in_words(code: int, words: str) -> None:
    assert ending(code) == words


@pytest.mark.parametrize(
    ("clip", "measured", "words"),
    [
        (0.3123, Measured("clipped"), "clipped ×0.31"),
        (1.0, Measured("raw"), "clipping not needed"),
        (nan, Measured("clipped"), "norms after clipping"),
        (nan, Measured(backwards=4), "4 micro-batches"),
        (nan, Measured(optimizers=2), "2 optimizers, loss of the first"),
        (nan, Measured(skipped=12), "skipped 12"),
    ],
)
def test_how_the_gradients_were_come_by(clip: float, measured: Measured, words: str) -> None:
    assert words in text(header_lines(watched(clip=clip, measured=measured), 160))


@pytest.mark.parametrize(
    ("attached", "words"),
    [(None, ""), (1_559, "attached at step 1,559"), (-1, "attached in the middle")],
)
def test_a_run_that_begins_in_the_middle_says_so(attached: int | None, words: str) -> None:
    view = watched("attach")
    assert view.info is not None
    shown = text(header_lines(replace(view, info=replace(view.info, attached=attached)), 160))
    assert words in shown
    assert bool(words) == ("attached" in shown)


@pytest.mark.parametrize(
    ("measured", "words"), [(250, "measured every step"), (85, "measured 1 step in 3"), (None, "")]
)
def test_the_share_of_steps_with_norms_stands_beside_the_price(
    measured: int | None, words: str
) -> None:
    view = watched(live_step=249, measured_steps=measured)
    shown = text(header_lines(view, 160))
    assert words in shown
    assert bool(words) == ("measured " in shown.splitlines()[1])


@pytest.mark.parametrize("cells", [80, 140])
def test_a_verdict_on_some_of_the_steps_says_on_how_many(cells: int) -> None:
    view = watched(live_step=249, measured_steps=85)
    assert "● HEALTHY, 85 of 250 steps measured" in text(header_lines(view, cells))
    for whole in (replace(view, measured_steps=250), replace(view, measured_steps=None)):
        assert "steps measured" not in text(header_lines(whole, cells))


@pytest.mark.parametrize(
    ("code", "traceback", "words"),
    [
        (137, "", "✗ killed by SIGKILL"),
        (1, "Traceback\nValueError", "✗ exited with 1"),
        (None, "Traceback\nValueError", "✗ failed"),
        (None, "", "✗ broke off"),
    ],
)
def test_how_it_ended_comes_before_the_verdict(
    code: int | None, traceback: str, words: str
) -> None:
    view = watched(
        state="failed",
        failure=Failed(1, 249, "it is gone", traceback),
        outside=Outside(code=code),
        live_step=249,
        measured_steps=85,
    )
    who, _, verdict = header_lines(view, 120)
    assert plain(who).rstrip().endswith(words)
    told = f" {words} · ● HEALTHY until step 249, 85 of 250 steps measured"
    assert plain(verdict).startswith(told)
    assert "healthy" not in [meaning for _, meaning in verdict]


def test_the_end_of_the_command_is_its_state() -> None:
    view = watched(outside=Outside(code=137), state="failed")
    assert "✗ killed by SIGKILL" in plain(header_lines(view, 100)[0])
    assert "── killed by SIGKILL ──" in text(log_lines(view, 60))
    # A replay has not come there yet.
    early = replace(view, mode="replay", state="running")
    assert "SIGKILL" not in text(header_lines(early, 100)) + text(log_lines(early, 60))


def test_a_replay_says_where_it_is() -> None:
    outside = Outside(last_step=40_000, speed="10 x")
    view = watched("replay", outside=outside)
    one, two, _ = (plain(line) for line in header_lines(view, 120))
    assert one.endswith("▸ playing 10 x ")
    assert "step 59 of 40,000" in two
    assert "steps/s" not in two
    assert "held" in plain(header_lines(replace(view, state="paused"), 120)[0])


@pytest.mark.parametrize("cells", range(20, 120, 7))
def test_the_header_ends_in_no_half_fact(cells: int) -> None:
    view = replace(factories.view(factories.healthy()), scenario=factories.scenario())
    line = plain(header_lines(view, cells)[0])
    assert not line.split("▸")[0].rstrip().endswith("·")


@pytest.mark.parametrize("cells", [12, 30, 80])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_output_is_folded_into_the_pane(cells: int, ascii_only: bool) -> None:
    log = ("[red]not markup[/]", "x" * 300, "größe →")
    view = watched(outside=Outside("python train.py", log), ascii_only=ascii_only)
    lines = log_lines(view, cells)
    assert all(width(line) <= cells for line in lines)
    assert text(lines).count("x") >= 299
    assert not ascii_only or text(lines).isascii()
    waiting = replace(view, layout=None, facts=None, info=None)
    for height in (1, 8, 40):
        assert not ascii_only or text(waiting_lines(waiting, cells, height)).isascii()


def test_what_is_waited_for_and_for_how_long() -> None:
    view = View(mode="run", outside=Outside("python train.py", ("shard 3",), waited=30.0))
    shown = text(waiting_lines(view, 70, 20))
    assert "Waiting for the first optimizer step of\n python train.py" in shown
    assert "30 s so far" in shown
    assert "shard 3" in shown
    assert "-I, -S or -E" not in shown
    late = replace(view, outside=replace(view.outside, waited=200.0))
    assert "3 min 20 s so far" in text(waiting_lines(late, 70, 20))
    assert "-I, -S or -E" in text(waiting_lines(late, 70, 20))


def test_what_is_not_kept_is_not_said_to_be_nothing() -> None:
    """Of a run without a screen the output went to the terminal."""
    shown = [
        text(log_lines(watched(outside=Outside(code=0, kept=kept)), 60)) for kept in (True, False)
    ]
    assert "nothing has been printed" in shown[0]
    assert "nothing has been printed" not in shown[1]
    assert "not kept" in shown[1]


def test_where_nothing_is_seen_of_a_running_command_it_is_said_where_it_may_be() -> None:
    running, over = (
        text(log_lines(watched(mode="run", outside=Outside(code=code)), 60)) for code in (None, 0)
    )
    assert "python -u" in running
    assert "python -u" not in over


def test_nothing_was_seen_and_why() -> None:
    view = View(mode="run", outside=Outside("python train.py", code=0))
    shown = text(waiting_lines(view, 70, 30))
    assert "Nothing was seen" in shown
    assert "No process of this command (exited 0) stepped a torch optimizer" in shown
    assert "-I, -S or -E" in shown
    assert "nothing was seen" in text(header_lines(view, 80))


def test_what_a_log_holds_is_wrapped_between_words_beside_its_label() -> None:
    said = "layers          1,024, such as transformer.h.0.attn.c_attn.weight, 100 points"
    lines = ["TensorBoard event files: events.out.tfevents.1 and 2 more", said]
    made = watched(outside=Outside(log=tuple(lines)))
    assert made.info is not None
    view = replace(made, info=replace(made.info, logged=Logged("TensorBoard", "logs")))
    shown = [plain(line) for line in log_lines(view, 56)]
    assert shown == [
        " TensorBoard event files: events.out.tfevents.1 and 2",
        " more",
        " layers          1,024, such as",
        "                 transformer.h.0.attn.c_attn.weight,",
        "                 100 points",
    ]
    cut = [
        plain(line) for line in log_lines(made, 54)
    ]  # what a program prints is cut where it ends
    assert " layers          1,024, such as transformer.h.0.attn." in cut


@pytest.mark.parametrize("cells", [40, 60, 80, 120, 200])
def test_since_when_something_is_wrong_has_room_at_every_width(cells: int) -> None:
    view = factories.view(factories.exploding())
    view = replace(view, mode="run", live_step=59, measured_steps=31)
    verdict = plain(header_lines(view, cells)[2])
    assert verdict.rstrip().endswith("since step 40") or "since step 40  +" in verdict
    assert "steps measured" not in verdict  # nobody is to read that so many are sick
    assert cells < 120 or "1 step in 2" in plain(header_lines(view, cells)[1])
    assert len(verdict) == cells
