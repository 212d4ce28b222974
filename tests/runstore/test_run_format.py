"""The document is enough to read a run: its own reader, numpy and json, nothing of ours."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.runstore.format.file_names import DETAILS
from gradtui.runstore.format.records import STEP
from gradtui.runstore.writer.detail_files import SHARES
from gradtui.runstore.writer.run_writer import BUDGET
from tests.runstore.recorded import record, remembered, snap

PAGE = (Path(__file__).parents[2] / "docs" / "run-format.md").read_text(encoding="utf-8")


def reader() -> Any:
    found = re.search(r"<!-- reader -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    space: dict[str, Any] = {}
    exec(found[1], space)
    return space["read"]


def test_a_run_is_read_by_following_the_document(tmp_path: Path) -> None:
    taken = [snap(i, float("nan") if i == 7 else 1.0, skipped=i == 7) for i in range(20)]
    record(tmp_path / "r", taken, command=("python", "train.py"))
    header, steps, [(names, files)] = reader()(tmp_path / "r")
    assert header["command"] == ["python", "train.py"]
    assert names == [f"layers.{i}.{kind}" for i in range(3) for kind in ("weight", "bias")]
    facts = remembered(taken)
    np.testing.assert_array_equal(steps["step"], np.arange(20))
    np.testing.assert_array_equal(steps["loss"], facts.loss)
    np.testing.assert_allclose(steps["total_norm"], facts.total_norm)
    np.testing.assert_array_equal(steps["flags"] & 1, facts.skipped)
    np.testing.assert_array_equal(steps["flags"] & 2 != 0, np.arange(20) == 7)
    np.testing.assert_array_equal(files["tensors"]["values"], facts.grads)
    np.testing.assert_array_equal(files["tensors"]["record"], np.arange(20))
    np.testing.assert_array_equal(files["weights"]["step"], [0, 5, 10, 15])
    np.testing.assert_array_equal(files["weights"]["values"], facts.weights[facts.weights_at])
    np.testing.assert_array_equal(files["histograms"]["values"][1], taken[5].histograms)


def test_the_document_names_every_field_and_file(tmp_path: Path) -> None:
    assert STEP.names is not None
    for name in (*STEP.names, *(f"{kind}-0-0.bin" for kind in DETAILS)):
        assert f"`{name}`" in PAGE, name
    assert f"{STEP.itemsize} bytes each" in PAGE
    assert BUDGET == 64 << 20
    assert [round(64 * share, 1) for share in SHARES.values()] == [32.0, 12.8, 8.0, 8.0, 3.2]
    record(tmp_path / "r", [snap(0)])
    import json

    for key in json.loads((tmp_path / "r" / "run.json").read_text()):
        assert f"`{key}`" in PAGE, key
