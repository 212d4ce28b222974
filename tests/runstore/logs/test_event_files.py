"""Event files, written by torch's SummaryWriter and TensorBoard's own writer."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from gradtui.core.errors import GradtuiError, UsageError
from gradtui.runstore.logs import limits, record_frames
from gradtui.runstore.logs.conversion import convert
from gradtui.runstore.logs.formats import format_of
from gradtui.runstore.reader.open_run import open_run
from tests.runstore.logs.made import judged, read, series, summary_writer, tabled


def event_file(folder: Path) -> Path:
    (found,) = folder.glob("*.tfevents.*")
    return found


def test_a_counter_that_starts_anew_wipes_nothing(tmp_path: Path) -> None:
    """TensorBoard's data server gives one point of these 101."""
    with summary_writer(tmp_path) as writer:
        for step in (*range(100), 0):
            writer.add_scalar("train/loss", 1.0 + step, step)
    found = series(read(tmp_path), "train/loss")
    assert found.steps.tolist() == [*range(100), 0]
    assert found.values[-1] == 1.0
    table = tabled(tmp_path)
    assert table.steps.tolist() == [0]
    assert "begin anew at 0 after 99" in table.limits[0]


@pytest.mark.parametrize("lengths", [(30, 30, 30), (20, 20, 45), (40, 10)])
def test_a_script_that_was_started_again_into_its_folder(
    lengths: tuple[int, ...], tmp_path: Path
) -> None:
    """Its steps begin anew at equal distances, and are no counter within an epoch."""
    for start, length in enumerate(lengths):
        with summary_writer(tmp_path, filename_suffix=f".{start}") as writer:
            for step in range(length):
                writer.add_scalar("loss", 100.0 * start + step, step)
    table = tabled(tmp_path)
    assert table.steps.tolist() == list(range(lengths[-1]))
    assert table.loss.tolist() == [100.0 * (len(lengths) - 1) + i for i in range(lengths[-1])]
    assert "as where a training was started again" in table.limits[0]


def test_three_values_at_a_step_are_three_records(tmp_path: Path) -> None:
    with summary_writer(tmp_path) as writer:
        for value in (1.0, 2.0, 3.0):
            writer.add_scalar("loss", value, 7)
        writer.add_scalar("loss", 4.0, 8)
    table = tabled(tmp_path)
    assert table.steps.tolist() == [7, 7, 7, 8]
    assert table.loss.tolist() == [1, 2, 3, 4]


def test_writers_side_by_side_are_not_mixed(tmp_path: Path) -> None:
    with summary_writer(tmp_path) as one, summary_writer(tmp_path, filename_suffix=".b") as other:
        for step in range(0, 8, 2):
            one.add_scalar("loss", 100.0 + step, step)
            one.flush()
            other.add_scalar("loss", 200.0 + step, step + 1)
            other.add_scalar("eval/accuracy", 0.5, step + 1)
            other.flush()
        one.add_scalar("loss", 108.0, 8)
    log = read(tmp_path)
    assert len({one.source for one in log.series if one.name == "loss"}) == 2
    table = tabled(tmp_path)
    assert table.steps.tolist() == [0, 2, 4, 6, 8]
    _, diagnosis = judged(tmp_path)
    assert any("several writers logged loss at once" in note for note in diagnosis.notes)


def test_a_run_that_was_resumed_in_another_file_goes_on(tmp_path: Path) -> None:
    for suffix, steps, base in ((".a", range(10), 0.0), (".b", range(6, 9), 100.0)):
        with summary_writer(tmp_path, filename_suffix=suffix) as writer:
            for step in steps:
                writer.add_scalar("loss", base + step, step)
    table = tabled(tmp_path)
    assert table.steps.tolist() == list(range(9))
    assert table.loss.tolist() == [0, 1, 2, 3, 4, 5, 106, 107, 108]


def test_what_is_not_finite_stays_so(tmp_path: Path) -> None:
    values = [1.0, math.nan, math.inf, -math.inf, 2.0]
    with summary_writer(tmp_path) as writer:
        for step, value in enumerate(values):
            writer.add_scalar("loss", value, step)
            writer.add_scalar("new", value, step, new_style=True)
    for name in ("loss", "new"):
        assert np.array_equal(series(read(tmp_path), name).values, values, equal_nan=True)
    facts, diagnosis = judged(tmp_path)
    assert np.array_equal(facts.loss, values, equal_nan=True)
    assert diagnosis.verdict == "nonfinite"
    assert diagnosis.findings[0].first_step == 1


def test_an_infinity_may_be_bfloat16s(tmp_path: Path) -> None:
    """torch's `add_scalar` takes it through float16."""
    with summary_writer(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", torch.tensor(1e5, dtype=torch.bfloat16), step)
    assert np.isinf(series(read(tmp_path), "loss").values).all()
    _, diagnosis = judged(tmp_path)
    assert any("bfloat16" in note for note in diagnosis.notes)


def test_histograms_of_gradients_are_norms(tmp_path: Path) -> None:
    """Exactly, by the sum of squares, and not by the buckets."""
    torch.manual_seed(0)
    grads = {name: torch.randn(5, 4) * 1e-3 for name in ("fc1.weight", "fc1.bias", "norm.weight")}
    with summary_writer(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("train/loss", 1.0, step)
            for name, grad in grads.items():
                writer.add_histogram(f"gradients/{name}", grad * (step + 1), step)
                writer.add_histogram(f"weights/{name}", grad, step)
    facts, _ = judged(tmp_path)
    assert [t.name for t in facts.layout.tensors] == list(grads)
    assert [t.role for t in facts.layout.tensors] == ["weight", "bias", "gain"]
    assert [r.name for r in facts.layout.rows] == ["fc1", "norm"]
    assert [t.numel for t in facts.layout.tensors] == [20, 20, 20]
    for place, grad in enumerate(grads.values()):
        assert facts.grads[2, place, 0] == pytest.approx(3 * float(grad.norm()), rel=1e-5)
        assert facts.grads[2, place, 1] == pytest.approx(3 * float(grad.abs().max()), rel=1e-5)


@pytest.mark.parametrize(
    ("values", "norm", "verdict", "clause"),
    [
        ([1e5, *[1e-3] * 99], math.inf, "nonfinite", "an infinity may be a number of bfloat16"),
        ([1e-9] * 100, 0.0, "undecided", "a norm of exactly 0 may be of numbers of bfloat16"),
    ],
)
def test_histograms_that_the_writer_has_spoilt(
    tmp_path: Path, values: list[float], norm: float, verdict: str, clause: str
) -> None:
    """torch's `add_histogram` takes bfloat16 through float16: what is finite is infinite, or 0."""
    with summary_writer(tmp_path) as writer, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, of the overflow
        for step in range(60):
            writer.add_scalar("loss", 2 / (step + 1), step)
            grad = torch.tensor(values, dtype=torch.bfloat16)
            writer.add_histogram("gradients/fc.weight", grad, step)
    assert set(series(read(tmp_path), "gradients/fc.weight").values.tolist()) == {norm}
    _, diagnosis = judged(tmp_path)
    assert diagnosis.verdict == verdict
    assert any(note.startswith(clause) for note in diagnosis.notes)


def test_tensorboardx_makes_one_of_two_names(tmp_path: Path) -> None:
    """It writes `a b` as `a_b`: points of both stand at one step, and none is lost."""
    library = pytest.importorskip("tensorboardX")
    with library.SummaryWriter(str(tmp_path)) as writer:
        for step in range(20):
            writer.add_scalar("train loss", 1.0 + step, step)
            writer.add_scalar("train_loss", 100.0 + step, step)
    table = tabled(tmp_path)
    assert table.steps.tolist() == [step for step in range(20) for _ in range(2)]
    assert table.loss.tolist() == [base + step for step in range(20) for base in (1.0, 100.0)]


def test_several_runs_are_asked_back(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with summary_writer(tmp_path / name) as writer:
            writer.add_scalar("loss", 1.0, 0)
    with pytest.raises(UsageError, match="holds 2 runs: name one of"):
        read(tmp_path)
    assert len(tabled(tmp_path / "one")) == 1


def test_a_file_that_breaks_off_is_read_up_to_there(tmp_path: Path) -> None:
    with summary_writer(tmp_path) as writer:
        for step in range(50):
            writer.add_scalar("loss", float(step), step)
    file = event_file(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    log = read(tmp_path)
    assert series(log, "loss").steps.tolist() == list(range(49))
    assert "ends in the middle of a record" in log.limits[0]
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    file.write_bytes(damaged)
    log = read(tmp_path)
    assert 0 < len(series(log, "loss")) < 49
    assert "is damaged at byte" in log.limits[0]
    for size in range(0, 200, 7):  # wherever it ends
        file.write_bytes(whole[:size])
        if format_of(tmp_path) is not None:
            read(tmp_path)


def test_checksums_are_tensorboards() -> None:
    from tensorboard.compat.tensorflow_stub import pywrap_tensorflow as stub

    data = np.random.default_rng(0).integers(0, 256, 300, np.uint8)
    begin = np.array([0, 17, 250])
    found = record_frames.checksums(data, begin, 40, np.array(stub.CRC_TABLE, np.uint32))
    told = [stub.masked_crc32c(data[at : at + 40].tobytes()) for at in begin]
    assert found.tolist() == told


def test_a_huge_file_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with summary_writer(tmp_path) as writer:
        writer.add_scalar("loss", 1.0, 0)
    file = event_file(tmp_path)
    with file.open("r+b") as opened:
        opened.truncate(limits.MOST_BYTES + 1)  # a hole, which takes no room
    with pytest.raises(GradtuiError, match="no more than 1,024 MB of a log are read"):
        read(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    with summary_writer(tmp_path / "own") as writer:
        writer.add_scalar("loss", 1.0, 0)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.tfevents.1").symlink_to(event_file(tmp_path / "own"))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "linked").symlink_to(tmp_path / "own")
    assert format_of(tmp_path / "other") is None
    assert format_of(tmp_path / "folder") is None


def test_what_gradtui_exports_is_read_back(tmp_path: Path) -> None:
    from gradtui.core.event import Ended
    from gradtui.runstore.export.tensorboard import write_tensorboard
    from gradtui.runstore.reader.load import load_facts
    from tests.runstore.recorded import record, snap

    run = tmp_path / "run"
    record(run, [*(snap(i, loss=2.0 / (i + 1)) for i in range(30)), Ended(1, 30, "finished")])
    write_tensorboard(run, tmp_path / "events")
    was = load_facts(run)
    facts, _ = judged(tmp_path / "events")
    assert facts.steps.tolist() == was.steps.tolist()
    assert facts.loss == pytest.approx(was.loss, rel=1e-6)
    assert facts.total_norm == pytest.approx(was.total_norm, rel=1e-6)
    assert [t.name for t in facts.layout.tensors] == [t.name for t in was.layout.tensors]


def test_words_are_escaped(tmp_path: Path) -> None:
    with summary_writer(tmp_path) as writer:
        writer.add_scalar("x\x1b[2J", 1.0, 0)
    with pytest.raises(UsageError) as caught:
        tabled(tmp_path)
    assert str(caught.value).isprintable()
    assert "neither a loss of training nor a gradient norm" in str(caught.value)


def test_what_is_logged_beside_is_there_to_be_drawn(tmp_path: Path) -> None:
    with summary_writer(tmp_path / "log") as writer:
        for step in range(40):
            writer.add_scalar("train/loss", 1 / (step + 1), step)
            writer.add_scalar("lr", 0.1, step)
            if step % 10 == 9:
                writer.add_scalar("val/loss", math.nan if step == 29 else 2 / step, step)
                writer.add_scalar("val/accuracy", step / 100, step)
    form = format_of(tmp_path / "log")
    assert form is not None
    (tmp_path / "run").mkdir()
    convert(tmp_path / "log", form, tmp_path / "run")
    metrics = open_run(tmp_path / "run").metrics
    assert sorted(metrics) == ["val/accuracy", "val/loss"]
    assert metrics["val/loss"].step.tolist() == [9, 19, 29, 39]
    assert np.isnan(metrics["val/loss"].value).tolist() == [False, False, True, False]
    np.testing.assert_allclose(metrics["val/accuracy"].value, [0.09, 0.19, 0.29, 0.39], rtol=1e-6)


def test_of_a_run_that_was_started_again_the_newest_metrics(tmp_path: Path) -> None:
    for start in range(2):
        with summary_writer(tmp_path / "log", filename_suffix=f".{start}") as writer:
            for step in range(30):
                writer.add_scalar("loss", float(start), step)
                writer.add_scalar("val_loss", 10.0 + start, step)
    (tmp_path / "run").mkdir()
    form = format_of(tmp_path / "log")
    assert form is not None
    convert(tmp_path / "log", form, tmp_path / "run")
    assert set(open_run(tmp_path / "run").metrics["val_loss"].value.tolist()) == {11.0}


def test_the_tenth_writer_of_a_second_comes_after_the_ninth(tmp_path: Path) -> None:
    """Their names differ in a counter alone."""
    for start in (9, 10, 100):
        with summary_writer(tmp_path) as writer:
            for step in range(5):
                writer.add_scalar("loss", float(start), step)
        (made,) = [file for file in tmp_path.iterdir() if "x." not in file.name]
        made.rename(tmp_path / f"x.tfevents.1700000000.host.77.{start}")
    assert set(tabled(tmp_path).loss.tolist()) == {100.0}
