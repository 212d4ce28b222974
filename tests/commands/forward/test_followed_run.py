"""A recorded run as what is sent of it: every step once, findings with their words."""

from pathlib import Path

import pytest

from gradtui.commands.forward import followed_run
from gradtui.commands.forward.followed_run import FollowedRun, about
from gradtui.commands.forward.records import Batch
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Failed, Started
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import exploding as made_up
from tests.factories import mlp_layout, run_info, snapshot
from tests.runstore.recorded import LAYOUT, record, snap, wait_for


def followed(run: FollowedRun, looks: int = 1) -> list[Batch]:
    return [run.look() for _ in range(looks)]


def steps(batches: list[Batch], *, full: bool) -> list[int]:
    return [one.step for b in batches for one in b.steps if bool(one.layers) == full]


def test_every_step_of_a_run_comes_once_and_its_end_is_told(tmp_path: Path) -> None:
    taken = [snap(step, loss=1 / (step + 1)) for step in range(40)]
    record(
        tmp_path / "r",
        [*taken, Ended(1, 40, "finished")],
        command=("python", "a.py", "--token", "x"),
    )
    run = FollowedRun(tmp_path / "r")
    batches = followed(run, 3)
    assert run.over
    batches.append(run.look(last=True))
    assert steps(batches, full=True) == list(range(40))
    assert steps(batches, full=False) == [*range(40), 39], (
        "loss of each, and how many were measured"
    )
    told = [one for b in batches for one in b.told]
    assert [(one.kind, one.evidence) for one in told[-1:]] == [("end", "finished")]
    assert about(tmp_path / "r").command == "python a.py --token ***"
    losses = [one.values["loss"] for one in batches[0].steps if "loss" in one.values]
    assert losses == [1 / (step + 1) for step in range(40)]
    assert batches[0].standing is not None
    assert batches[0].standing.step == 39


def test_the_past_is_not_sent_again_where_the_layout_has_changed(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), flush=0.01)
    for step in range(10):
        writer.put(snap(step))
    wait_for(lambda: (tmp_path / "r" / "tensors-0-0.bin").exists())
    run = FollowedRun(tmp_path / "r")
    batches: list[Batch] = []

    def seen(count: int) -> bool:
        batches.extend(followed(run))
        return len(steps(batches, full=True)) >= count

    wait_for(lambda: seen(10))
    wider = mlp_layout(4)
    writer.tell(Started(1, wider, run_info()))
    for step in range(10, 15):
        writer.put(snap(step, layout=wider))
    writer.close()
    wait_for(lambda: seen(15) and run.over)
    assert steps(batches, full=True) == list(range(15))
    full = [one for b in batches for one in b.steps if one.layers]
    assert [len(one.layers["grad_norm"]) for one in full] == [3] * 10 + [4] * 5


def test_a_nan_is_told_with_its_origin_and_the_failure_with_its_words(tmp_path: Path) -> None:
    run = made_up(steps=60)
    seen = NonFinite(40, "forward", "layers.3", "output")
    things = [
        snapshot(
            run.layout,
            step,
            run.norms(step),
            loss=run.loss(step) if run.loss is not None else None,
            nonfinite=seen if step == 40 else None,
        )
        for step in range(60)
    ]
    record(tmp_path / "r", [*things, Failed(1, 59, "it \x1b[2J raised", "")], run.layout)
    follow = FollowedRun(tmp_path / "r")
    batches, last = followed(follow, 3), follow.look(last=True)
    told = [*(one for b in batches for one in b.told), *last.told]
    assert told[0].kind == "nonfinite"
    assert told[0].evidence == "first seen in the forward pass at output of layers.3"
    findings = {one.symptom: one for one in told if one.kind == "finding"}
    assert findings["nonfinite"].severity == "critical"
    assert findings["nonfinite"].cause
    assert told[-1].kind == "end"
    assert told[-1].evidence == "it \\x1b[2J raised"
    assert last.standing is not None
    assert last.standing.findings["nonfinite"] == "critical"
    assert len([one for one in told if one.kind == "nonfinite"]) == 1


def test_of_a_run_that_goes_on_no_end_is_told(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), flush=0.01)
    for step in range(5):
        writer.put(snap(step))
    wait_for(lambda: (tmp_path / "r" / "tensors-0-0.bin").exists())
    run = FollowedRun(tmp_path / "r")
    batches = [run.look(), run.look(last=True)]
    assert not run.over
    assert [one.kind for b in batches for one in b.told] == []
    writer.close()


def test_of_many_layers_the_first_are_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed_run, "MOST_LAYERS", 2)
    record(tmp_path / "r", [snap(0)])
    run = FollowedRun(tmp_path / "r")
    (full,) = (one for one in run.look().steps if one.layers)
    assert list(full.layers["grad_norm"]) == ["layers.0", "layers.1"]
    assert run.limits == ("the first 2 of 3 layers are sent",)


def test_where_there_is_no_run_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(GradtuiError):
        FollowedRun(tmp_path / "nothing")
