"""What a model's own code leaves behind outside of itself, when it is called once more."""

import io
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gradtui.instrument.watcher import Watcher
from tests.instrument.kept import Kept

TOTAL = 0
COUNTS: dict[str, Any] = {"calls": 0, "inner": {"calls": 0}}
SEEN: list[int] = []
NUMBERS = iter(range(10**6))
FILE = io.StringIO()
LOG = logging.getLogger("tests.traces")


class Leaves(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.calls, self.own = nn.Linear(4, 1), 0, iter(range(10**6))
        self.deep = {"a": [{"b": 0}]}

    def forward(self, x: Tensor) -> Tensor:
        global TOTAL
        TOTAL += 1
        self.calls += 1
        COUNTS["calls"] += 1
        COUNTS["inner"]["calls"] += 1
        SEEN.append(next(NUMBERS) + next(self.own))
        self.deep["a"][0]["b"] += 1
        os.environ["TRACES"] = str(TOTAL)
        print("called", TOTAL, flush=True)
        print("called", TOTAL, file=sys.stderr)
        FILE.write(f"{TOTAL}\n")
        LOG.warning("called %d", TOTAL)
        out: Tensor = self.layer(x)
        return out.mul(0).log() if self.calls == 3 else out


def train(file: Path, **options: bool) -> tuple[Kept, list[Any]]:
    global TOTAL, NUMBERS
    TOTAL, NUMBERS = 0, iter(range(10**6))
    COUNTS.update(calls=0, inner={"calls": 0})
    SEEN.clear()
    FILE.seek(0)
    FILE.truncate()
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0, **options) if options else None
    net = Leaves()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
    with file.open("w") as stream:
        handler = logging.StreamHandler(stream)
        LOG.addHandler(handler)
        for _ in range(5):
            optimizer.zero_grad()
            net(torch.ones(2, 4)).sum().backward()
            optimizer.step()
        LOG.removeHandler(handler)
    if watcher is not None:
        watcher.close()
    left = [TOTAL, dict(COUNTS), list(SEEN), next(NUMBERS), next(net.own), net.calls, net.deep]
    left += [os.environ["TRACES"], FILE.getvalue(), file.read_text(), sorted(vars(FILE))]
    assert "write" not in vars(sys.stdout)
    return sink, left


@pytest.mark.parametrize("autopsy", [True, False])
def test_nothing_is_left_behind(
    autopsy: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, bare = train(tmp_path / "bare")
    told = capsys.readouterr()
    sink, watched = train(tmp_path / "watched", autopsy=autopsy)
    assert capsys.readouterr() == told
    assert bare[0] == 5
    assert watched == bare
    assert sink.log == []
    found = next(s.nonfinite for s in sink.snapshots if s.nonfinite is not None)
    assert (found.step, found.phase) == (2, "forward")
    assert found.autopsy is not None
    assert found.autopsy.reproduced == autopsy
    assert ("--no-autopsy" in found.autopsy.words) == (not autopsy)
    assert "log" in found.autopsy.words


def test_without_it_no_module_is_wrapped(tmp_path: Path) -> None:
    watcher = Watcher(Kept(), autopsy=False)
    net = nn.Linear(2, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    before = dict(vars(net))
    net(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert vars(net) == before
    watcher.close()
