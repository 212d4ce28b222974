"""One app in a pty, what a monkey does to it, and what became of app, training and terminal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.app.terminal_emulator import ROOT, Terminal
from tests.monkey import training
from tests.monkey.events import Event, Size

Mode = Literal["launch", "run", "attach", "replay"]
MODES: tuple[Mode, ...] = ("launch", "run", "attach", "replay")
SCENARIO = "deep_sigmoid"
PATIENCE = 60.0
"""Seconds that anything may take on a machine that is busy."""


class HarmError(Exception):
    """What a monkey has brought about and nothing should."""


@dataclass
class Ground:
    """A folder, a training in the background that can be attached to, and a record to be played.

    Use it as a context manager; shared by all apps of one go.
    """

    home: Path
    made: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.env = os.environ | {
            "GRADTUI_RUNS": str(self.home / "runs"),
            "XDG_STATE_HOME": self.state("trainings"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }

    def __enter__(self) -> "Ground":
        played = self.start("played", "120")
        self.background = self.start("background")
        try:
            if played.wait(5 * PATIENCE):
                raise HarmError("no record to play")
            wait(lambda: self.steps("background"), "the training does not begin", 5 * PATIENCE)
        except BaseException:
            self.end("background")
            played.kill()
            raise
        self.played, self.followed = self.only("played"), self.only("background")
        return self

    def __exit__(self, *_: object) -> None:
        self.end("background")
        self.background.wait(PATIENCE)

    def program(self, name: str, *more: str) -> list[str]:
        self.made.append(self.home / name)
        return [sys.executable, str(training.__file__), str(self.home / name), *more]

    def start(self, name: str, *more: str) -> subprocess.Popen[bytes]:
        """A training without a screen, recorded into a folder of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "gradtui", "run", "--headless", *self.program(name, *more)],
            env=self.env | {"GRADTUI_RUNS": str(self.home / f"{name}-runs")},
            cwd=self.home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def only(self, name: str) -> Path:
        [run] = (path for path in (self.home / f"{name}-runs").iterdir() if path.is_dir())
        return run

    def steps(self, name: str) -> list[str]:
        """What a training has come to so far, a line every 20 steps."""
        path = self.home / name
        return path.read_text().split("\n")[:-1] if path.exists() else []

    def end(self, name: str) -> None:
        (self.home / name).with_suffix(".stop").touch()

    def command(self, mode: Mode, name: str) -> list[str]:
        ours = [sys.executable, "-m", "gradtui"]
        match mode:
            case "launch":
                return [*ours, "launch", SCENARIO]
            case "run":
                return [*ours, "run", *self.program(name)]
            case "attach":
                return [*ours, "attach", str(self.followed)]
            case "replay":
                return [*ours, "replay", str(self.played), "--speed", "5"]

    def state(self, name: str) -> str:
        """Where an app of this name writes its logs."""
        return str(self.home / "state" / name)

    def logs(self, kind: str, name: str = "*") -> list[Path]:
        return sorted((self.home / "state").glob(f"{name}/gradtui/{kind}-*.log"))

    def harmed(self) -> str:
        """How what the trainings have come to differs from one that nobody watches; empty: not at all."""
        seen = {name: self.steps(name.name) for name in self.made}
        most = max(len(lines) for lines in seen.values())
        bare = self.program("bare", str(20 * most))
        subprocess.run(
            bare, env=self.env, check=True, stdout=subprocess.DEVNULL, timeout=5 * PATIENCE
        )
        right = self.steps("bare")
        wrong = [path.name for path, lines in seen.items() if lines != right[: len(lines)]]
        return ", ".join(wrong)


def wait(true: Callable[[], object], otherwise: str, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise HarmError(otherwise)
        time.sleep(0.05)


class App:
    """One app at the monkey's mercy."""

    def __init__(self, ground: Ground, mode: Mode, name: str) -> None:
        self.ground, self.mode, self.name = ground, mode, name
        self.left = 0
        """How often it was told to end on the way, by the palette or a click."""
        self.stopped: set[int] = set()
        """After how many such ends it was told to take its training along."""
        self.open()

    def open(self) -> None:
        self.crashes = set(self.ground.logs("crash", self.name))
        command = self.ground.command(self.mode, f"{self.name}-{self.left}")
        env = self.ground.env | {"XDG_STATE_HOME": self.ground.state(self.name)}
        self.terminal = Terminal(
            *command, size=(100, 30), env=env, cwd=self.ground.home, drawn=False
        )
        self.look_for(b"quit", "it does not open")

    def look_for(self, words: bytes, otherwise: str) -> None:
        at = len(self.terminal.sent)
        end = time.monotonic() + PATIENCE
        while words not in self.terminal.sent[at:]:
            self.check()
            if time.monotonic() > end:
                raise HarmError(f"{otherwise}: {self.terminal.sent[-300:]!r}")
            self.terminal.read(0.05)

    def check(self) -> None:
        """It lives, or has ended because that was what it was told."""
        sent = self.terminal.sent[-20_000:]
        if b"Traceback (most" in sent or b"the screen crashed" in sent:
            self.terminal.read(1.0)
            raise HarmError(f"a crash: {self.story()}")
        code = self.terminal.process.poll()
        if code is not None:
            self.terminal.read(0.2)
            # In a small terminal nothing need be seen of the question; nobody interrupts the app itself.
            asked = b"stopping..." in self.terminal.sent or code == 128 + signal.SIGINT
            if self.mode == "run" and asked:
                self.stopped.add(self.left)
                code = 0  # it is the training's
            if code or set(self.ground.logs("crash", self.name)) - self.crashes:
                raise HarmError(f"it has ended with {code}: {self.story()}")

    def story(self) -> str:
        logs = sorted(set(self.ground.logs("crash", self.name)) - self.crashes)
        if logs:
            return logs[-1].read_text()[-3000:]
        at = self.terminal.sent.rfind(b"Traceback (most")
        return repr(bytes(self.terminal.sent[at:][:3000] if at >= 0 else self.terminal.sent[-600:]))

    def happen(self, event: Event) -> None:
        if self.terminal.process.poll() is not None:
            self.check()
            self.given_back()
            self.terminal.close()
            self.left += 1
            self.open()
        self.go_on()
        match event.kind:
            case "type":
                self.terminal.type(event.data)
                if b"\x1a" in event.data:
                    self.resume(0.3)
            case "resize":
                for size in event.sizes:
                    self.terminal.resize(*size)
            case "stop":
                with suppress(ProcessLookupError):
                    os.kill(self.terminal.process.pid, signal.SIGTSTP)
                self.resume(PATIENCE, event.sizes)
            case _:
                self.terminal.read(0.1)
        self.terminal.read(0.01)
        self.check()

    def resume(self, seconds: float, sizes: tuple[Size, ...] = ()) -> None:
        """Once it is stopped, if it is, let it go on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.state() not in ("T", "Z", ""):
            self.terminal.read(0.02)
        if self.state() == "T":
            self.given_back()
        for size in sizes:
            self.terminal.resize(*size)
        with suppress(ProcessLookupError):
            os.kill(self.terminal.process.pid, signal.SIGCONT)

    def go_on(self) -> None:
        """Where it has given the terminal back it is about to stop, and what is typed is not its own."""
        end = time.monotonic() + PATIENCE
        while self.terminal.cooked and self.state() not in ("Z", ""):
            if self.state() == "T":
                self.resume(0)
            if time.monotonic() > end:
                raise HarmError(f"it neither stops nor goes on: {self.terminal.sent[-300:]!r}")
            self.terminal.read(0.02)

    def state(self) -> str:
        try:
            stat = Path(f"/proc/{self.terminal.process.pid}/stat").read_text()
        except OSError:
            return ""
        return stat.rsplit(")", 1)[1].split()[0]

    def given_back(self) -> None:
        self.terminal.read(0.05)
        if not self.terminal.given_back:
            raise HarmError(f"the terminal is not given back: {self.terminal.sent[-300:]!r}")

    def leave(self) -> None:
        """End it as people do, and see that it was worth nothing to the training."""
        terminal = self.terminal
        terminal.type(b"\x1b[201~")
        terminal.resize(100, 30)
        end = time.monotonic() + 4 * PATIENCE
        while terminal.process.poll() is None:
            if time.monotonic() > end:
                raise HarmError(f"it does not end: {terminal.sent[-300:]!r}")
            at = len(terminal.sent)
            self.go_on()
            terminal.type(b"\x1b")
            terminal.read(0.3)
            terminal.type(b"q")
            self._see(b"still runs", at, 0.7)
            if b"still runs" in terminal.sent[at:] and terminal.process.poll() is None:
                terminal.type(b"l")
                self._see(b"goes on", at, 5)
        terminal.read(0.3)
        self.check()
        self.given_back()

    def _see(self, words: bytes, at: int, seconds: float) -> None:
        end = time.monotonic() + seconds
        terminal = self.terminal
        while (
            time.monotonic() < end
            and words not in terminal.sent[at:]
            and terminal.process.poll() is None
        ):
            terminal.read(0.05)

    def close(self) -> None:
        self.terminal.close()


def play(ground: Ground, mode: Mode, name: str, what: list[Event]) -> int:
    """Raises HarmError. How often the app has been told to end before its time."""
    app = App(ground, mode, name)
    try:
        for event in what:
            app.happen(event)
        app.leave()
        if mode in ("run", "attach"):
            going = [f"{name}-{n}" for n in range(app.left + 1) if n not in app.stopped]
            told = going if mode == "run" else ["background"]
            for one in told:
                goes_on(ground, one)
    finally:
        app.close()
        for number in range(app.left + 1):
            ground.end(f"{name}-{number}")
    return app.left


def goes_on(ground: Ground, name: str) -> None:
    """A training takes steps."""
    before = len(ground.steps(name))
    wait(lambda: len(ground.steps(name)) > before, f"training {name} stands still")
