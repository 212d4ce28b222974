"""Runs that tools are asked about, and a way to ask."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.commands.assistant.answering import answered
from gradtui.commands.assistant.bounds import LARGEST
from gradtui.commands.assistant.tools import tools_by_name
from gradtui.core.event import Ended
from gradtui.core.snapshot import NonFinite
from gradtui.runstore.format.metric_rows import MetricQueue, MetricRow
from tests.factories import mlp_layout, run_info, snapshot
from tests.runstore.logs.made import summary_writer
from tests.runstore.recorded import LAYOUT, ROWS, record, snap
from tests.schemas import hold

WIDE = mlp_layout(700)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A healthy run that logs, one that ends in NaN, one of two optimizers, one of many layers, one that is
    damaged; and beside them a log."""
    place = tmp_path_factory.mktemp("place")
    runs = place / "runs"
    well = [snap(step, loss=1 / (step + 1)) for step in range(100)]
    logged = MetricQueue()
    for step in (10, 20, 30):
        logged.put(MetricRow("val/loss", "own", step, 1.0, 1.7e9, step / 10))
    logged.put(MetricRow("val/loss", "own", 40, 1.0, 1.7e9, float("nan")))
    logged.put(MetricRow("loss", "own", 5, 1.0, 1.7e9, 0.25))
    record(runs / "1-well", [*well, Ended(1, 100, "finished")], metrics=logged)  # type: ignore[list-item]
    seen = NonFinite(40, "forward", "", "loss")
    last = snapshot(LAYOUT, 40, np.full(ROWS, np.nan), loss=np.nan, nonfinite=seen)
    record(runs / "2-sick", [*well[:40], last, Ended(1, 41, "nonfinite")])  # type: ignore[list-item]
    turns = [
        replace(snap(step, loss=float(step % 2)), optimizer=step % 2, skipped=step == 7)
        for step in range(30)
    ]
    record(runs / "3-turns", [*turns, Ended(1, 30, "finished")])  # type: ignore[list-item]
    norms = 10.0 ** -np.linspace(12, 0, 700)
    wide = [snapshot(WIDE, step, norms, slow=step % 10 == 0) for step in range(12)]
    record(runs / "4-wide", [*wide, Ended(1, 12, "finished")], WIDE, run_info(task=""))  # type: ignore[list-item]
    (runs / "0-odd").mkdir()
    (runs / "0-odd" / "run.json").write_text("{")
    with summary_writer(place / "log") as writer:
        for step in range(60):
            writer.add_scalar("train/loss", 2 / (step + 1), step)
    return place


@pytest.fixture
def ask(home: Path) -> Iterator[Any]:
    """Calls a tool, and holds the answer against its schema."""
    before = sorted(home.rglob("*"))

    def asked(name: str, /, **given: Any) -> dict[str, Any]:
        tool = tools_by_name()[name]
        answer = answered(tool, given, home / "runs")
        hold(tool.answers, answer)
        assert len(json.dumps(answer, allow_nan=False)) < 1.5 * LARGEST
        return answer

    yield asked
    assert sorted(home.rglob("*")) == before  # nothing is written
