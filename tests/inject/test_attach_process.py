"""A real process that was started without us: attached to, let go of, attached to again."""

import json
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from gradtui.commands import attach_process
from gradtui.commands.attach_process import attach_to, detach_from, process_of
from gradtui.commands.recorded_processes import run_of
from gradtui.commands.settings import Settings
from gradtui.core.errors import GradtuiError
from gradtui.inject.obstacles import obstacle
from gradtui.inject.stopped_thread import stopped
from gradtui.inject.surroundings import surroundings
from gradtui.runstore.format.attach_json import RECORDING
from gradtui.runstore.ranks.process_status import status
from gradtui.runstore.reader.open_run import open_run
from tests.inject.bare import BareProgram
from tests.inject.watched import finish, program, start_bare
from tests.programs.on_and_on import train

PATIENCE = 60.0


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[BareProgram]:
    """Some steps into its training."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        pytest.skip("processes are attached to on Linux, x86-64")
    started = start_bare(tmp_path, program("on_and_on"))
    try:
        until((tmp_path / "begun").exists)
        why = obstacle(process_of(started.pid), surroundings())
        if why:
            pytest.skip(why)
        try:
            with stopped(started.pid):
                pass
        except PermissionError:
            pytest.skip("processes may not be stopped here")
        yield started
    finally:
        started.kill()


def test_it_trains_on_to_the_same_bit(target: BareProgram, tmp_path: Path) -> None:
    settings = Settings(runs=str(tmp_path / "runs"))
    process = process_of(target.pid)
    assert process.torch
    assert process.python == sys.version_info[:2]

    def taken(directory: Path) -> int:
        return status(directory).ranks[0].last_step + 1

    directory, answer = attach_to(process, settings)
    assert answer.state == RECORDING
    assert answer.steps_before >= 20
    assert answer.stood_still > 0
    assert run_of(process, tmp_path / "runs") == directory
    with pytest.raises(GradtuiError, match="recorded already"):
        attach_to(process, settings)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [directory.name]
    until(lambda: taken(directory) > 30)
    detach_from(directory)
    assert run_of(process, tmp_path / "runs") is None
    again, later = attach_to(process, settings)
    assert later.steps_before >= answer.steps_before + taken(directory)
    until(lambda: taken(again) > 10)

    (tmp_path / "sleep").write_text("0")
    (tmp_path / "stop").touch()
    _, said = finish(target)
    assert said == ""
    truth = json.loads((tmp_path / "truth").read_text())
    bare = train(lambda step: step < truth["steps"])
    assert truth["digest"] == bare["digest"]
    assert truth["random"] == bare["random"]
    assert truth["names"] == ["goes_on", "names", "told"]
    assert truth["modules"] > 0

    first, last = open_run(directory), open_run(again)
    assert later.steps_before + len(last.loss) == truth["steps"]
    assert np.isfinite(np.concatenate([first.loss, last.loss])).all()
    events = (directory / "events.jsonl").read_text()
    assert '"reason":"detached"' in events
    assert not list(directory.parent.rglob("watch.log"))


def test_what_comes_too_late_does_nothing(
    target: BareProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attach_process, "MORE", 0.0)
    (tmp_path / "sleep").write_text("1.5")
    (tmp_path / "stop").touch()
    until((tmp_path / "asleep").exists)
    runs = tmp_path / "runs"
    with pytest.raises(GradtuiError, match="has not come to Python code in time"):
        attach_to(process_of(target.pid), Settings(runs=str(runs)), patience=0.3)
    assert not list(runs.iterdir())
    shutil.rmtree(runs)
    _, said = finish(target)
    assert said == ""
    assert json.loads((tmp_path / "truth").read_text())["modules"] == 0
    assert not runs.exists()
