"""trainer_state.json as the Trainer of transformers writes it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gradtui.core.errors import GradtuiError, UsageError
from gradtui.runstore.logs import trainer_state
from gradtui.runstore.logs.formats import format_of
from tests.runstore.logs.made import judged, read, series, sound, tabled, trained


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("out"), sound)


def state(path: Path, *history: object, **more: object) -> Path:
    path.write_text(json.dumps({"log_history": list(history), "max_steps": 9, **more}))
    return path


def test_an_output_folder_a_checkpoint_and_the_file_are_one(healthy: Path) -> None:
    places = (healthy, healthy / "checkpoint-60", healthy / "checkpoint-60" / trainer_state.NAME)
    for place in places:
        form = format_of(place)
        assert form is not None
        assert form.name == "trainer_state.json"
        assert tabled(place).steps.tolist() == list(range(2, 62, 2))


def test_what_it_holds(healthy: Path) -> None:
    told = json.loads((healthy / "checkpoint-60" / trainer_state.NAME).read_text())
    facts, diagnosis = judged(healthy)
    entries = [entry for entry in told["log_history"] if "loss" in entry]
    assert facts.loss.tolist() == [entry["loss"] for entry in entries]
    assert facts.total_norm == pytest.approx([entry["grad_norm"] for entry in entries])
    assert facts.lr.tolist() == [entry["learning_rate"] for entry in entries]
    assert facts.info.steps == 60
    assert facts.info.logged is not None
    assert facts.info.logged.covers == "by loss and total gradient norm, every 2nd step"
    assert diagnosis.verdict == "healthy"
    assert any("sums over the micro-batches" in note for note in diagnosis.notes)
    assert any("mean of the 2 steps before it" in note for note in diagnosis.notes)


def test_a_loss_of_nan_is_logged_as_0_and_its_norm_tells(tmp_path: Path) -> None:
    def spoil(loss: torch.Tensor, call: int) -> torch.Tensor:
        return loss * math.nan if call > 30 else loss

    folder = trained(tmp_path, spoil)
    facts, diagnosis = judged(folder)
    assert facts.loss[-1] == 0  # which is what the Trainer has made of it
    assert diagnosis.verdict == "nonfinite"
    assert diagnosis.findings[0].first_step == 32
    assert "grad_norm" in diagnosis.findings[0].evidence
    assert any("loss of exactly 0 at step 32" in note for note in diagnosis.notes)


def test_a_nan_that_is_not_filtered_is_one(tmp_path: Path) -> None:
    def spoil(loss: torch.Tensor, call: int) -> torch.Tensor:
        return loss * math.nan if call > 30 else loss

    facts, diagnosis = judged(trained(tmp_path, spoil, logging_nan_inf_filter=False))
    assert np.isnan(facts.loss[-1])
    assert diagnosis.verdict == "nonfinite"
    assert not any("exactly 0" in note for note in diagnosis.notes)


def test_a_passing_infinity_is_no_verdict(tmp_path: Path) -> None:
    """As where a GradScaler throws steps away."""
    entries = [
        {"step": i, "loss": 2.0 / (i + 1), "grad_norm": math.inf if i in (0, 3) else 1.0}
        for i in range(60)
    ]
    facts, diagnosis = judged(state(tmp_path / trainer_state.NAME, *entries))
    assert np.isinf(facts.total_norm[[0, 3]]).all()
    assert diagnosis.verdict == "healthy"
    assert any("2 steps, first 0, is NaN or infinite" in note for note in diagnosis.notes)


def test_without_a_norm_nothing_is_called_healthy(tmp_path: Path) -> None:
    entries = [{"step": i, "loss": 2.0 / (i + 1)} for i in range(60)]
    _, diagnosis = judged(state(tmp_path / trainer_state.NAME, *entries))
    assert diagnosis.verdict == "undecided"
    assert diagnosis.why.startswith("no gradient norms in this log; the loss went from")


def test_few_points_are_too_early(tmp_path: Path) -> None:
    entries = [{"step": 500 * i, "loss": 2.0, "grad_norm": 1.0} for i in range(1, 8)]
    _, diagnosis = judged(state(tmp_path / trainer_state.NAME, *entries))
    assert (diagnosis.verdict, diagnosis.why) == (
        "too_early",
        "the log has 7 points, too few to tell",
    )


def test_words_for_what_is_not_finite_and_odd_entries(tmp_path: Path) -> None:
    path = state(
        tmp_path / trainer_state.NAME,
        {"step": 1, "loss": "NaN"},
        {"step": 2, "loss": "-Infinity"},
        {"step": 3, "loss": [1], "grad_norm": True},
        "text",
        {"step": 4, "loss": 10**400},
        {"step": 5, "train_loss": 0.1, "train_runtime": 3.0},
        {"step": "x", "eval_loss": 3},
    )
    log = read(path)
    assert [one.name for one in log.series] == ["loss", "eval_loss"]
    expected = [math.nan, -math.inf, math.inf]
    assert np.array_equal(series(log, "loss").values, expected, equal_nan=True)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"log_history": 3}', '{"log_history": ' + "[" * 100_000, "{}"]
)
def test_damage_is_a_sentence(text: str, tmp_path: Path) -> None:
    path = tmp_path / trainer_state.NAME
    path.write_text(text)
    form = format_of(path)
    if form is None:
        assert not text.startswith("{")
        return
    with pytest.raises(GradtuiError, match=r"is no trainer_state\.json: \w+"):
        form.load().read(path)


def test_an_empty_history_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this log is empty"):
        tabled(state(tmp_path / trainer_state.NAME))


def test_a_file_with_too_much_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = state(tmp_path / trainer_state.NAME, {"step": 1, "loss": 1.0})
    monkeypatch.setattr(trainer_state, "MOST_MEMORY", 10)
    with pytest.raises(GradtuiError, match="more in it than any training"):
        read(path)
    monkeypatch.setattr(trainer_state, "MOST", 10)
    with pytest.raises(GradtuiError, match="of a log are read"):
        read(path)
