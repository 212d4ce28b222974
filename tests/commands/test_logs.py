"""Logs of other tools, and recorded runs, as what `check`, `compare`, `export` and `replay` are of."""

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import nn

from gradtui.cli import main
from gradtui.commands.recorded import named_run
from gradtui.commands.replay import LOG_SECONDS, glance_speed
from gradtui.core.event import Ended
from tests.app.terminal_emulator import Terminal
from tests.runstore.logs.made import summary_writer
from tests.runstore.recorded import record, snap

GRADTUI = "from gradtui.cli import main; raise SystemExit(main())"


def train(
    folder: Path, steps: int, *, every: int = 1, norm: bool = True, depth: int = 0, nan: int = -1
) -> None:
    """A real training, logged as people do; `depth` makes it one of sigmoids, with histograms."""
    torch.manual_seed(0)
    sizes = [8] * (depth + 1) if depth else [8, 16]
    layers: list[nn.Module] = []
    for one, other in pairwise(sizes):
        layers += [nn.Linear(one, other), nn.Sigmoid() if depth else nn.Tanh()]
    net = nn.Sequential(*layers, nn.Linear(sizes[-1], 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    x = torch.randn(64, 8)
    y = (x[:, 0] > 0).long()
    with summary_writer(folder) as writer:
        for step in range(steps):
            loss = nn.functional.cross_entropy(net(x), y)
            if nan >= 0 and step >= nan:
                loss = loss * math.nan
            optimizer.zero_grad()
            loss.backward()
            total = nn.utils.clip_grad_norm_(net.parameters(), 1e9)
            if step % every == 0:
                writer.add_scalar("train/loss", loss.item(), step)
                if norm:
                    writer.add_scalar("train/grad_norm", total.item(), step)
                if depth:
                    for name, tensor in net.named_parameters():
                        assert tensor.grad is not None
                        writer.add_histogram(f"gradients/{name}", tensor.grad, step)
            optimizer.step()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of logs, and of recorded runs."""
    place = tmp_path_factory.mktemp("logs")
    train(place / "loss", 200, norm=False)
    train(place / "total", 250, every=5)
    train(place / "deep", 200, every=8, depth=12)
    train(place / "nan", 60, nan=40)
    well = [snap(i, loss=2.0 / (i + 1)) for i in range(200)]
    record(place / "runs" / "well", [*well, Ended(1, 200, "finished")], command=["train.py"])  # type: ignore[list-item]
    return place


@pytest.fixture(autouse=True)
def there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("GRADTUI_RUNS", str(home / "runs"))


def checked(capfd: pytest.CaptureFixture[str], *names: str, code: int) -> list[dict[str, object]]:
    assert main(["check", *names, "--json"]) == code
    out, err = capfd.readouterr()
    assert err == ""
    return [json.loads(line) for line in out.splitlines()]


def test_check(capfd: pytest.CaptureFixture[str]) -> None:
    loss, total = checked(capfd, "loss", "total", code=0)
    assert loss["verdict"] == "undecided"
    assert str(loss["undecided_because"]).startswith("no gradient norms in this log; the loss went")
    assert total["verdict"] == "healthy"
    assert total["covered"] == "healthy by loss and total gradient norm, every 5th step"
    assert total["run"] == "total"
    assert total["logged"] == {
        "format": "TensorBoard event files",
        "gradients": "total",
        "loss": True,
        "points": 50,
        "every": 5,
    }
    assert (total["steps"], total["tensors_seen"]) == (246, 0)


def test_a_sick_log_and_one_that_is_not_finite(capfd: pytest.CaptureFixture[str]) -> None:
    (deep,) = checked(capfd, "deep", code=3)
    assert deep["verdict"] == "vanishing_gradient"
    found = deep["findings"]
    assert isinstance(found, list)
    assert found[0]["layers"][0] == "0"
    (broken,) = checked(capfd, "nan", code=4)
    assert broken["first_nonfinite"] == {
        "step": 40,
        "phase": "forward",
        "module": "",
        "tensor": "train/loss",
        "autopsy": None,
    }


def test_check_of_recorded_runs(capfd: pytest.CaptureFixture[str]) -> None:
    (run,) = checked(capfd, "well", code=0)
    assert run["target"] == "well"
    assert run["logged"] is None
    assert run["steps"] == 200
    assert main(["check", "well", "total"]) == 0
    first, *_ = capfd.readouterr().out.splitlines()
    assert first.endswith("well  (200 steps)")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "runs"], "there is no recorded run at runs, and no log that is known"),
        (["check", "."], "holds 4 runs: name one of"),
        (["check", "total", "--treat"], "--remedies and --treat are for scenarios"),
        (["check", "nowhere"], "there is no scenario 'nowhere'"),
        (["check", "nowhere/at/all"], "there is no file or folder 'nowhere/at/all'"),
        (["check", ""], "an empty name"),
        (["compare", "total", " "], "an empty name"),
        (["export", ""], "an empty name"),
        (["replay", ""], "an empty name"),
        (["attach", ""], "an empty name"),
        (["replay", "total", "--speed", "0"], "--speed must be above 0"),
    ],
)
def test_usage(words: list[str], sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    from gradtui.app import terminal

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "refuse_without_terminal", lambda words: None)
        assert main(words) == 2
    assert sentence in capfd.readouterr().err


def test_compare(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "total", "loss", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["runs"] == ["total", "loss"]
    assert found["not_comparable"] is None
    assert found["layers"] == []
    assert main(["compare", "deep", "well"]) == 0
    out = capfd.readouterr().out
    assert "TensorBoard event files: by loss and gradient norms of layers, every 8th step" in out
    assert "not comparable: they are different nets" in out
    assert main(["compare", "total", "well"]) == 0
    assert "does not tell whether it is of the same net" in capfd.readouterr().out


def test_export(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "nan", "--format", "jsonl"]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert len(rows) == 60
    assert rows[0]["tensors"] == {}
    assert rows[0]["total_norm"] > 0
    assert (rows[39]["loss"] != "nan", rows[40]["loss"], rows[40]["total_norm"]) == (
        True,
        "nan",
        "nan",
    )
    assert main(["export", "deep", "--format", "csv"]) == 0
    header, first, *_ = capfd.readouterr().out.splitlines()
    assert "0.weight.grad_norm" in header
    assert len(header.split(",")) == len(first.split(","))
    page = tmp_path / "total.html"
    assert main(["export", "total", "--format", "html", "-o", str(page)]) == 0
    assert "healthy by loss and total gradient norm, every 5th step" in page.read_text()
    assert "loss            train/loss, 50 points to step 245" in page.read_text()


def test_a_link_that_was_named_is_followed(home: Path, tmp_path: Path) -> None:
    link = tmp_path / "newest"
    link.symlink_to(home / "total")
    file = tmp_path / "events"
    (events,) = (home / "loss").iterdir()
    file.symlink_to(events)
    for place in (link, file):
        with named_run(str(place), tmp_path) as run:
            assert run.path == place
            assert (run.directory / "run.json").stat().st_mode & 0o777 == 0o600
            assert run.directory.stat().st_mode & 0o777 == 0o700
            assert {path.stat().st_mode & 0o777 for path in run.directory.iterdir()} == {0o600}


def test_a_long_log_is_played_within_seconds(tmp_path: Path) -> None:
    """A point every half a second; what is shorter than that goes at its own pace."""
    for name, count in (("long", 400), ("short", 10)):
        with summary_writer(tmp_path / name) as writer:
            for step in range(count):
                writer.add_scalar("loss", 1.0, step, walltime=1e9 + step / 2)
    with named_run(str(tmp_path / "long"), tmp_path) as run:
        assert glance_speed(run.directory) == pytest.approx(399 / 2 / LOG_SECONDS)
    with named_run(str(tmp_path / "short"), tmp_path) as run:
        assert glance_speed(run.directory) == 1


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main(["check", "loss"]) == 0
    assert list(tmp_path.iterdir()) == []


def test_replay_on_a_terminal(home: Path) -> None:
    terminal = Terminal(
        sys.executable, "-c", GRADTUI, "replay", str(home / "total"), "--speed", "1e6"
    )
    try:
        terminal.see("HEALTHY by loss and total gradient norm")
        terminal.see("at the end")
        terminal.type("q")
        assert terminal.ended() == 0
    finally:
        terminal.close()
