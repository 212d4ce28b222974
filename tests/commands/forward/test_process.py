"""The process that sends, started as a command starts it, and what the command says of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from gradtui.commands.forward import forwarder as module
from gradtui.commands.forward.address import Address
from gradtui.commands.forward.forwarder import LOG, Forwarder
from gradtui.core.event import Ended
from gradtui.runstore.writer.run_writer import RunWriter
from tests.factories import run_info
from tests.runstore.recorded import LAYOUT, record, snap, wait_for

STEPS = 30
POINTS = STEPS * (2 + 1 + 3) + STEPS // 5 * (1 + 3) + 2
"""Loss, rate, the total and three norms a step; every fifth four ratios; the share and the end."""


def board(place: Path) -> Address:
    return Address("tensorboard", str(place / "logs"))


def losses(place: Path, name: str) -> list[int]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(place / "logs" / name))
    found.Reload()
    return [event.step for event in found.Scalars("loss")]


def test_a_run_is_sent_while_it_goes_on_and_the_rest_at_its_end(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "logs").mkdir()
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), flush=0.01)
    writer.put(snap(0))
    wait_for(lambda: (tmp_path / "r" / "tensors-0-0.bin").exists())
    forwarder = Forwarder([board(tmp_path)], tmp_path / "r")
    for step in range(1, STEPS):
        writer.put(snap(step))
    writer.tell(Ended(1, STEPS, "finished"))
    writer.close()
    forwarder.end()
    (said,) = forwarder.finish()
    count = int(said.split()[1].replace(",", ""))
    assert said == f"tensorboard: {count:,} points sent to {tmp_path / 'logs'}"
    assert count >= POINTS
    assert losses(tmp_path, "r") == list(range(STEPS))
    log = tmp_path / "r" / LOG
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.read_text().endswith(f"{said}\n")
    assert forwarder.finish() == []


def test_a_run_that_goes_on_is_left_when_it_is_asked_to(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "logs").mkdir()
    writer = RunWriter(tmp_path / "r", LAYOUT, run_info(), flush=0.01)
    for step in range(STEPS):
        writer.put(snap(step))
    wait_for(lambda: (tmp_path / "r" / "tensors-0-0.bin").exists())
    forwarder = Forwarder([board(tmp_path)], tmp_path / "r")
    forwarder.stop()
    (said,) = forwarder.finish()
    assert "points sent to" in said
    writer.close()


def test_where_nobody_waits_it_goes_on_until_the_run_is_over(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "logs").mkdir()
    record(tmp_path / "r", [*(snap(i) for i in range(STEPS)), Ended(1, STEPS, "finished")])
    forwarder = Forwarder([board(tmp_path)], tmp_path / "r")
    process = forwarder._process
    assert process is not None
    forwarder.leave()
    assert forwarder.finish() == []
    assert process.wait(60) == 0
    assert losses(tmp_path, "r") == list(range(STEPS))
    assert "points sent" in (tmp_path / "r" / LOG).read_text()


def test_without_an_address_nothing_is_started(tmp_path: Path) -> None:
    forwarder = Forwarder([], tmp_path)
    forwarder.end()
    assert forwarder.finish() == []
    assert not list(tmp_path.iterdir())


def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Forwarder:
    """One whose process is a few lines of Python."""

    def started(addresses: object, directory: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    monkeypatch.setattr(module, "_started", started)
    return Forwarder([board(tmp_path)], tmp_path)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import time; time.sleep(60)", "--to: sending took too long at the end and was given up"),
        ("raise SystemExit(3)", "--to: sending has ended too early; see forward.log"),
        ("print('no json', flush=True)", "--to: sending has ended too early; see forward.log"),
        (r"print('[\"\\u001b[2J\"]')", r"\x1b[2J"),
    ],
)
def test_one_that_hangs_or_dies_is_told_of_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    if "sleep" in code:
        monkeypatch.setattr(module, "PATIENCE", 0.5)
    forwarder = fake(tmp_path, monkeypatch, code)
    process = forwarder._process
    assert process is not None
    forwarder.end(failed=True)
    (said,) = forwarder.finish()
    assert said.startswith(words)
    assert process.poll() is not None


def test_one_that_cannot_be_started_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(addresses: object, directory: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(module, "_started", refuse)
    forwarder = Forwarder([board(tmp_path)], tmp_path)
    forwarder.end()
    assert forwarder.finish() == ["--to: nothing could be sent (Resource temporarily unavailable)"]


def test_the_exit_code_is_that_of_the_command(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    flags = ["--runs", str(tmp_path / "runs"), "--to", f"tensorboard={tmp_path / 'logs'}"]
    done = subprocess.run(
        [sys.executable, "-m", "gradtui", "run", "--headless", *flags, "sh", "-c", "exit 7"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 7
    assert done.stderr.splitlines()[-1] == "gradtui: tensorboard: there was nothing to send"
