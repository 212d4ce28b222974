"""metrics.csv as Lightning's CSVLogger writes it."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gradtui.core.errors import GradtuiError, UsageError
from gradtui.runstore.logs.names import by_number
from tests.runstore.logs.made import judged, read, series, tabled

LIGHTNING = pytest.importorskip("lightning.pytorch")


class Module(LIGHTNING.LightningModule):  # type: ignore[misc, name-defined]
    """Logs its loss, norms by Lightning's own function, and what `log` wants."""

    def __init__(self, spoil: int = -1, seldom: int = 0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
        self._spoil, self._seldom = spoil, seldom

    def training_step(self, batch: Any, index: int) -> torch.Tensor:
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        if index == self._spoil:
            loss = loss * float("nan")
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch: Any, index: int) -> None:
        x, y = batch
        self.log("val_loss", nn.functional.cross_entropy(self.net(x), y))

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        from lightning.pytorch.utilities import grad_norm

        if self._seldom:
            if self.global_step % self._seldom == 0:
                self.log("grad_norm", float(self.global_step + 1))
            return
        self.log_dict(grad_norm(self.net, 2))

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fitted(folder: Path, module: Any, **options: Any) -> Path:
    from lightning.pytorch.loggers import CSVLogger

    x = torch.randn(128, 4, generator=torch.Generator().manual_seed(0))
    data = torch.utils.data.TensorDataset(x, (x[:, 0] > 0).long())
    loader = torch.utils.data.DataLoader(data, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = LIGHTNING.Trainer(
            logger=CSVLogger(str(folder), name="logs"),
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            accelerator="cpu",
            log_every_n_steps=1,
            **{"max_epochs": 2} | options,
        )
        trainer.fit(module, loader, loader)
    return folder / "logs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("csv"), Module())


def test_what_it_holds(folder: Path) -> None:
    for place in (folder, folder / "version_0", folder / "version_0" / "metrics.csv"):
        table = tabled(place)
        assert table.steps.tolist() == list(range(32))
        assert np.isfinite(table.loss).all()
    facts, diagnosis = judged(folder)
    names = ["net.0.bias", "net.0.weight", "net.2.bias", "net.2.weight"]
    assert sorted(t.name.removeprefix("net.") for t in facts.layout.tensors) == [
        name.removeprefix("net.") for name in names
    ]
    log = read(folder)
    total = series(log, "grad_2.0_norm_total").values
    assert facts.total_norm == pytest.approx(total, rel=1e-5)
    assert diagnosis.verdict == "healthy"
    assert any("last micro-batch" in note for note in diagnosis.notes)
    assert series(log, "val_loss").steps.tolist() == [15, 31]


def test_a_nan_in_another_micro_batch_is_told_by_the_norm_alone(tmp_path: Path) -> None:
    """The loss of a row is the last micro-batch's."""
    place = fitted(tmp_path, Module(spoil=1), accumulate_grad_batches=4, max_epochs=1)
    first = tabled(place)
    assert np.isfinite(first.loss[first.steps == 0]).any()
    _, diagnosis = judged(place)
    assert diagnosis.verdict == "nonfinite"
    assert diagnosis.findings[0].first_step == 0
    assert "the gradient norm of 0." in diagnosis.findings[0].evidence


def test_repeats_of_the_last_value_are_no_measurements(tmp_path: Path) -> None:
    """A metric that is logged on some steps only is written on every row."""
    place = fitted(tmp_path, Module(seldom=5))
    written = series(read(place), "grad_norm")
    assert len(written) > len(set(written.values.tolist()))
    table = tabled(place)
    measured = table.norm_said
    assert table.norm[measured].tolist() == sorted(set(written.values.tolist()))
    _, diagnosis = judged(place)
    assert any("repeats of the last value" in note for note in diagnosis.notes)


def test_versions_are_asked_back(folder: Path, tmp_path: Path) -> None:
    text = (folder / "version_0" / "metrics.csv").read_text()
    for name in ("version_0", "version_1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.csv").write_text(text)
    with pytest.raises(UsageError, match="holds 2 runs"):
        read(tmp_path)


def test_rows_that_are_not_whole_are_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,loss,step\n0,nan,0\n0,inf,1\n0,-inf,2\n0,1.5,3\n0,2")
    log = read(path)
    expected = [np.nan, np.inf, -np.inf, 1.5]
    assert np.array_equal(series(log, "loss").values, expected, equal_nan=True)
    assert any("a row that is not whole" in clause for clause in log.limits)


def test_damage_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"epoch,loss,step\n" + b"0,1," + b'"' + b"x" * 200_000)
    with pytest.raises(GradtuiError, match="is damaged"):
        read(path)


def test_a_loss_that_is_logged_more_seldom_than_norms_is_not_thinned_away(tmp_path: Path) -> None:
    """Every fourth step, and never a step that a stride of four has."""
    path = tmp_path / "metrics.csv"
    rows = (f"0,{i},{2 / (i + 1) if i % 4 == 3 else ''},{1 + i % 3}" for i in range(12_000))
    path.write_text("epoch,step,loss,grad_norm\n" + "\n".join(rows) + "\n")
    facts, diagnosis = judged(path)
    assert diagnosis.verdict == "healthy"
    assert np.isfinite(facts.scalars.loss).sum() > 2000
    assert facts.info.logged is not None
    assert facts.info.logged.every == 4


def test_layers_are_counted_and_not_spelt() -> None:
    names = ["net.10.weight", "net.2.weight", "net.2.bias", "a", "net"]
    assert sorted(names, key=by_number) == [
        "a",
        "net",
        "net.2.bias",
        "net.2.weight",
        "net.10.weight",
    ]
