"""What TensorBoard, MLflow and wandb read of what was sent, each by its own package."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradtui.commands.forward.address import Address
from gradtui.commands.forward.channels.channel import RefusedError
from gradtui.commands.forward.channels.mlflow import metric_name, refused
from gradtui.commands.forward.records import Batch, StepValues
from tests.commands.forward.made import ABOUT, FINDING, MOMENT, batch

BROKEN = Batch([StepValues(7, MOMENT + 7, {"loss": math.nan, "total_norm": math.inf})])
OWN = Batch(
    [
        StepValues(8, MOMENT + 8, {}, logged={"val/loss": 0.5}),
        StepValues(8, MOMENT + 8, {}, ranks={"3": 2.5}),
    ]
)


def test_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from gradtui.commands.forward.channels.tensorboard import TensorBoardChannel

    address = Address("tensorboard", str(tmp_path / "logs"))
    channel = TensorBoardChannel(address, ABOUT)
    assert channel.send(batch(5, FINDING)) + channel.send(BROKEN) + channel.send(OWN) == 0
    found = EventAccumulator(str(tmp_path / "logs" / ABOUT.name))
    found.Reload()
    assert [(e.step, e.value) for e in found.Scalars("grad/total_norm")][:5] == [
        (step, 2.0 + step) for step in range(5)
    ]
    assert [e.step for e in found.Scalars("2/grad_norm")] == list(range(5))
    assert math.isnan(found.Scalars("loss")[-1].value)
    assert [(e.step, e.value) for e in found.Scalars("metrics/val/loss")] == [(8, 0.5)]
    assert [(e.step, e.value) for e in found.Scalars("ranks/3/grad_norm")] == [(8, 2.5)]
    (text,) = found.Tensors("gradtui/findings")
    assert text.tensor_proto.string_val[0].decode() == FINDING.words
    assert text.step == FINDING.step
    plugin = found.SummaryMetadata("gradtui/findings").plugin_data
    assert plugin.plugin_name == "text"
    channel.close(failed=False)
    with pytest.raises(RefusedError, match="has events of this run already") as error:
        TensorBoardChannel(address, ABOUT)
    assert not error.value.again
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(RefusedError, match="is a link"):
        TensorBoardChannel(Address("tensorboard", str(tmp_path / "link")), ABOUT)


def test_mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow: Any = pytest.importorskip("mlflow")
    from gradtui.commands.forward.channels.mlflow import MlflowChannel

    for name in ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.delenv(name, raising=False)
    uri = f"file:{tmp_path / 'ml'}"
    channel = MlflowChannel(Address("mlflow", uri), ABOUT)
    channel.send(batch(5, FINDING))
    channel.send(BROKEN)
    channel.send(OWN)
    channel.close(failed=True)
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("gradtui").experiment_id])
    assert run.info.status == "FAILED"
    assert run.data.tags["gradtui.finding.exploding_gradient"] == FINDING.words
    assert run.data.tags["gradtui.verdict"] == "healthy"
    assert run.data.tags["gradtui.command"] == ABOUT.command
    history = client.get_metric_history(run.info.run_id, "grad/total_norm")
    assert [(m.step, m.value) for m in history] == [
        *((i, 2.0 + i) for i in range(5)),
        (7, math.inf),
    ]
    assert math.isnan(run.data.metrics["loss"])
    assert run.data.metrics["metrics/val/loss"] == 0.5
    assert run.data.metrics["ranks/3/grad_norm"] == 2.5


def test_names_of_metrics_as_mlflow_takes_them() -> None:
    assert metric_name("layers.0/grad_norm") == "layers.0/grad_norm"
    assert metric_name("a[0]:ü/../grad_norm") == "a_0___/_/grad_norm"
    assert len(metric_name("x" * 999)) == 240


@pytest.mark.parametrize(
    ("words", "expected", "again"),
    [
        ("API request failed: [Errno 111] Connection refused\nmore", "connection refused", True),
        ("API request failed with error code 503", "API request failed with error code 503", True),
        ("INVALID_PARAMETER_VALUE: no", "INVALID_PARAMETER_VALUE: no", False),
        ("x" * 400, "x" * 160 + "...", False),
    ],
)
def test_errors_of_mlflow_in_a_clause(words: str, expected: str, again: bool) -> None:
    error = refused(Exception(words))
    assert (str(error), error.again) == (expected, again)


def test_wandb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    from gradtui.commands.forward.channels.wandb import WandbChannel
    from gradtui.runstore.logs.wandb_run import read

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    for name in ("WANDB_RUN_ID", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    channel = WandbChannel(Address("wandb", "team/project"), replace(ABOUT, ranks=2))
    channel.send(batch(5, FINDING))
    channel.send(OWN)
    channel.close(failed=False)
    assert channel.limits
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    found = {one.name: one for one in read(folder).series}
    norms = found["grad/total_norm"]
    assert list(norms.values) == [2.0 + step for step in range(5)]
    assert list(found["metrics/val/loss"].values) == [0.5]
    assert list(found["ranks/3/grad_norm"].values) == [2.5]
    (stored,) = folder.glob("*.wandb")
    assert FINDING.words.encode() in stored.read_bytes()
