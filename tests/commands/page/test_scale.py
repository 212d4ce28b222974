"""A thousand layers, hundreds of thousands of steps: a page that can be mailed, its spike and NaN on it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from gradtui.cli import main
from gradtui.runstore.format.records import STEP
from tests.factories import mlp_layout
from tests.runstore import long_run
from tests.runstore.long_run import write_long

LAYERS, STEPS = 1000, 300_000
SPIKE, LOST = 177_777, 244_444


@pytest.mark.slow
def test_a_page_is_bounded_and_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = {"tensors": 4096, "weights": 8192, "activations": 65536, "histograms": 1 << 20}
    monkeypatch.setattr(long_run, "EVERY", every)
    run, page = tmp_path / "run", tmp_path / "page.html"
    write_long(run, STEPS, mlp_layout(LAYERS))
    records = np.memmap(run / "steps-0.bin", STEP, "r+")
    records["loss"][SPIKE], records["loss"][LOST] = 1e9, np.inf
    records.flush()
    del records
    assert main(["export", str(run), "--format", "html", "-o", str(page)]) == 0
    text = page.read_text()
    assert len(text) < 4_000_000
    assert text.count("<tr") == 1 + LAYERS
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found
    data = json.loads(found[1])
    curve = data["charts"]["loss"]["curves"][0]
    assert len(curve["steps"]) <= 2000
    assert dict(zip(curve["steps"], curve["values"], strict=True))[SPIKE] == 1e9
    assert curve["lost"] == [[LOST, "inf", False]]
    assert data["last"] == STEPS - 1
