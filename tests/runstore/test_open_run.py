"""gradtui.open_run: arrays by name, without torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradtui
from gradtui.core.errors import UsageError
from gradtui.core.snapshot import Act, Grad, NonFinite
from gradtui.doctor.diagnose import diagnose
from tests.runstore.recorded import record, remembered, snap


def test_arrays_by_name(tmp_path: Path) -> None:
    taken = [snap(i) for i in range(30)]
    record(tmp_path / "r", taken, command=("python", "train.py"))
    run = gradtui.open_run(tmp_path / "r")
    facts = remembered(taken)
    for name in ("steps", "loss", "accuracy", "lr", "seconds", "overhead", "skipped"):
        np.testing.assert_array_equal(getattr(run, name), getattr(facts, name))
    np.testing.assert_allclose(run.total_norm, facts.total_norm)
    np.testing.assert_array_equal(run.kept_steps, facts.steps)
    np.testing.assert_array_equal(run.grad_norm["layers.2.weight"], facts.grads[:, 4, Grad.NORM])
    np.testing.assert_array_equal(run.weight_steps, np.arange(0, 30, 5))
    assert run.update_norm["layers.0.bias"].shape == (6,)
    assert list(run.grad_norm) == list(run.tensors)
    assert run.grad_norm.array.shape == (30, 6)
    assert (run.state, run.command, run.stage[0]) == ("ended", ("python", "train.py"), "raw")
    assert set(run.histograms) == set(range(0, 30, 5))
    at = facts.activations_at
    assert len(at) > 0
    np.testing.assert_array_equal(run.activation_steps, facts.steps[at])
    assert list(run.dead_units) == list(run.rows)
    for values, column in (
        (run.output_variance, Act.VARIANCE),
        (run.output_rms, Act.RMS),
        (run.dead_units, Act.DEAD),
        (run.saturated, Act.SATURATED),
    ):
        np.testing.assert_array_equal(values.array, facts.activations[at][:, :, column])
    with pytest.raises(KeyError, match=r"did you mean 'layers\.0\.weight'"):
        run.grad_norm["layer.0.weight"]


def test_scalars_are_there_for_steps_that_were_thinned(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i, slow=False) for i in range(3000)], budget=1 << 15)
    run = gradtui.open_run(tmp_path / "r")
    assert len(run.loss) == 3000
    assert len(run.kept_steps) < 200
    norms = run.total_norm[run.kept_steps]
    np.testing.assert_allclose(run.facts().total_norm, norms)


def test_the_doctor_reads_a_run_from_disk(tmp_path: Path) -> None:
    seen = NonFinite(7, "backward", "layers.1", "weight")
    broken = snap(7, float("nan"), nonfinite=seen)
    record(tmp_path / "r", [*(snap(i) for i in range(7)), broken])
    assert diagnose(gradtui.open_run(tmp_path / "r").facts()).verdict == "nonfinite"


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no directory"):
        gradtui.open_run(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no runs"):
        gradtui.open_run("x", runs=tmp_path)


def test_reading_and_exporting_need_no_torch(tmp_path: Path) -> None:
    record(tmp_path / "r", [snap(i) for i in range(3)])
    source = """
import sys, gradtui
from pathlib import Path
import gradtui.runstore.export.jsonl, gradtui.runstore.reader.replay, gradtui.runstore.reader.run_reader
import gradtui.runstore.reader.runs, gradtui.runstore.writer.run_writer
assert len(gradtui.open_run(sys.argv[1]).loss) == 3
gradtui.runstore.export.jsonl.write_jsonl(Path(sys.argv[1]), sys.stdout)
assert not set(sys.modules) & {"torch", "textual", "rich", "plotext"}
"""
    subprocess.run([sys.executable, "-c", source, str(tmp_path / "r")], check=True)
