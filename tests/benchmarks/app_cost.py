"""What drawing costs: the app's share of a core, bytes a second to the terminal, time to the first frame.

    python -m tests.benchmarks.app_cost [--seconds 6]

On a scripted source in a pty, 140 x 45; the made-up snapshots are part of the figure. Prints only:
what is measured on a shared machine is no test.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from tests.app.terminal_emulator import Terminal

EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self): yield Static("layers.3")
Empty().run()
"""


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost(seconds: float, *arguments: str) -> tuple[float, float]:
    """(share of a core, KiB/s) once the app has settled."""
    terminal = Terminal.app(*arguments, size=(140, 45))
    try:
        terminal.see("layers.3")
        end = time.monotonic() + 2
        while time.monotonic() < end:
            terminal.read(0.2)
        began, used = time.monotonic(), cpu_seconds(terminal.process.pid)
        count = len(terminal.sent)
        while time.monotonic() - began < seconds:
            terminal.read(0.2)
        took = time.monotonic() - began
        share = (cpu_seconds(terminal.process.pid) - used) / took
        return share, (len(terminal.sent) - count) / took / 1024
    finally:
        terminal.close()


def first_frame(terminal: Terminal) -> float:
    """Seconds until the app has drawn something with a letter in it."""
    began = time.monotonic()
    try:
        while not any(c.isalpha() for c in terminal.text):
            terminal.read(0.005)
        return time.monotonic() - began
    finally:
        terminal.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0)
    seconds = parser.parse_args().seconds
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
    empty = min(first_frame(Terminal(sys.executable, "-c", EMPTY)) for _ in range(5))
    app = min(first_frame(Terminal.app()) for _ in range(5))
    print(f"first frame: empty Textual app {empty:.2f} s, gradtui {app:.2f} s, x{app / empty:.2f}")
    for layers, scenario in ((8, "healthy_relu"), (20, "vanishing_sigmoid"), (152, "very_deep")):
        for rate in (0.0001, 20, 200):
            share, sent = (
                cost(seconds, "--scenario", scenario, "--rate", str(rate), "--every", "100")
                if rate >= 1
                else cost(seconds, "--scenario", scenario, "--rate", "0.5")
            )
            name = f"{rate:g} steps/s" if rate >= 1 else "almost idle"
            print(f"{layers:4} layers, {name:>12}: {share:6.1%} of a core, {sent:6.1f} KiB/s")


if __name__ == "__main__":
    main()
