"""A viewer and a program that updates its weights by hand, in processes of their own."""

import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from gradtui.core.control import Pause, RecordAll, Resume, StepOnce, Stop
from gradtui.runstore.reader.open_run import open_run
from gradtui.runstore.reader.run_reader import RunReader
from tests.inject.watched import complaints, finish, start

PROGRAM = textwrap.dedent(
    """
    import os, traceback
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    with open(os.environ["TRUTH"], "w", buffering=1) as truth:
        try:
            while True:
                x = torch.randn(64, 8)
                (net(x) - x.sum(1, keepdim=True)).square().mean().backward()
                with torch.no_grad():
                    for p in net.parameters():
                        p -= 1e-4 * p.grad
                        p.grad = None
                truth.write(".")
                truth.flush()
        except KeyboardInterrupt:
            print(traceback.format_exc())
    """
)
PATIENCE = 60.0


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_updates_by_hand_are_held_recorded_and_ended(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    process = start(tmp_path, str(tmp_path / "program.py"))
    truth, place = tmp_path / "truth", tmp_path / "run"

    def steps() -> int:
        return truth.stat().st_size if truth.exists() else 0

    def stands() -> bool:
        before = steps()
        time.sleep(0.5)
        return steps() == before

    try:
        until(lambda: steps() > 20 and (place / "run.json").exists())
        viewer = RunReader(place)
        assert viewer.send(Pause()) == ""
        until(stands)
        held = steps()
        assert viewer.send(StepOnce()) == ""
        until(lambda: steps() == held + 1)
        assert stands()
        assert viewer.send(RecordAll(True)) == ""
        assert viewer.send(Resume()) == ""
        until(lambda: steps() > held + 50)
        assert viewer.send(Stop()) == ""
        out, _ = finish(process)
        viewer.close()
    finally:
        process.kill()
    assert "KeyboardInterrupt" in out
    assert "gradtui" not in out
    assert complaints(place) == ""
    run = open_run(place)
    # The last update is known as one only when the next backward pass begins: there it was ended.
    assert len(run.loss) == steps()
    assert {0, 1, 2} < {*run.activation_steps.tolist()}
    assert 0 <= float(run.dead_units["0"][0]) < 1
