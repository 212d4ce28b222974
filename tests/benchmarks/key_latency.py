"""From a key to its visible change, while the lab trains in the same process.

    python -m tests.benchmarks.key_latency [--rounds 20] [--scenario NAME]

Beside a Textual app that does nothing else than open a panel of text at a key, in a pty of the same
size; they take turns. A change is the first byte of words that were not on the screen before. Printed are
medians and their ratios. Prints only: what is measured on a shared machine is no test.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.app.terminal_emulator import Terminal

TRIVIAL = """
from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Static
class Panel(ModalScreen):
    CSS = "Panel { align: center middle } Panel Static { width: 84; height: auto; border: round white }"
    BINDINGS = [("escape", "dismiss", "")]
    def __init__(self, number):
        super().__init__()
        self.number = number
    def compose(self): yield Static(f"pressed{self.number}" + "\\nsome words of text in a line" * 36)
class Trivial(App):
    count = 0
    BINDINGS = [("a", "open", "")]
    def compose(self): yield Static("\\n".join("text below " * 12 for _ in range(44)))
    def action_open(self):
        self.count += 1
        self.push_screen(Panel(self.count))
Trivial().run()
"""
KEYS = (
    ("help", b"?", "A verdict is an opinion"),
    ("scenarios", b"s", "ords of a name"),
    ("the code of the remedies", b"x", "torch"),
    ("a layer", b"\r", "largest |gradient|"),
)
"""What it opens, the key, and words that are on the screen then and not before; escape closes it."""
SIZE = (140, 45)
SETTLED, PAUSE = 8.0, 0.4
"""Seconds for the start, and between two keys."""
PATIENCE = 5.0


def press(terminal: Terminal, key: bytes, words: str) -> float:
    """Seconds from the key to the words; infinite where they do not come."""
    terminal.read(0.0)
    count = len(terminal.sent)
    began = time.perf_counter()
    os.write(terminal.master, key)
    wanted = words.encode()
    while wanted not in terminal.sent[count:]:
        terminal.read(0.002)
        if time.perf_counter() - began > PATIENCE:
            return float("inf")
    return time.perf_counter() - began


def rest(terminals: list[Terminal], seconds: float) -> None:
    """Both go on; what they write is taken in."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for terminal in terminals:
            terminal.read(0.02)


@contextmanager
def running(scenario: str) -> Iterator[list[Terminal]]:
    command = (sys.executable, "-m", "gradtui", "launch", scenario)
    terminals = [Terminal(*command, size=SIZE, drawn=False)]
    terminals.append(Terminal(sys.executable, "-c", TRIVIAL, size=SIZE, drawn=False))
    try:
        rest(terminals, SETTLED)
        yield terminals
    finally:
        for terminal in terminals:
            terminal.close()


def measured(rounds: int, scenario: str) -> dict[str, list[float]]:
    """Seconds of each press, by what it opens; "trivial" is the other app."""
    found: dict[str, list[float]] = {"trivial": [], **{name: [] for name, _, _ in KEYS}}
    with running(scenario) as terminals:
        lab, trivial = terminals
        for i in range(rounds):
            for name, key, words in KEYS:
                number = len(found["trivial"]) + 1
                found["trivial"].append(press(trivial, b"a", f"pressed{number}"))
                found[name].append(press(lab, key, words))
                rest(terminals, PAUSE)
                for terminal in terminals:
                    os.write(terminal.master, b"\x1b")
                rest(terminals, PAUSE)
            print(f"round {i + 1}", end="\r", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--scenario", default="deep_sigmoid")
    args = parser.parse_args()
    found = measured(args.rounds, args.scenario)
    base = statistics.median(found["trivial"])
    for name, seconds in found.items():
        middle = statistics.median(seconds)
        worst = max(seconds)
        print(
            f"{name:>25} {1e3 * middle:6.0f} ms  x{middle / base:.1f}  at most {1e3 * worst:.0f} ms"
        )


if __name__ == "__main__":
    main()
