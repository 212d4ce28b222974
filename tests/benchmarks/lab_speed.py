"""What the screen costs the training beside it: steps a second with the app drawing, over headless.

    python -m tests.benchmarks.lab_speed [SCENARIO] [--seconds 8] [--rounds 3]

Both sides train the same scenario in the lab's own thread. One is shown by the real app in a pty of
140 x 45 at 10 frames a second, the other polled as often and not drawn. They take turns; the median
ratio is what counts. Prints only: what is measured on a shared machine is no test.
"""

import argparse
import os
import select
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

WARM_UP = 3.0


def count(lab: object, seconds: float, target: Path) -> None:
    """Write steps a second of the run under way, measured between two moments, to `target`."""
    from gradtui.lab.run import Run

    taken = 0
    step = Run.step

    def counted(self: Run) -> None:
        nonlocal taken
        step(self)
        taken += 1

    Run.step = counted  # type: ignore[method-assign]
    while not taken:
        time.sleep(0.05)
    time.sleep(WARM_UP)
    before, began = taken, time.perf_counter()
    time.sleep(seconds)
    target.write_text(str((taken - before) / (time.perf_counter() - began)))
    os._exit(0)


def side(kind: str, scenario: str, seconds: float, target: Path) -> None:
    """One side, in a process of its own."""
    from gradtui.lab.scenario.catalogue import read_catalogue
    from gradtui.lab.trainer import Lab

    catalogue = read_catalogue().scenarios
    lab = Lab(catalogue, "cpu", stretch=100_000)
    watch = threading.Thread(target=count, args=(lab, seconds, target), daemon=True)
    if kind == "app":
        from gradtui.app.app import GradtuiApp

        threading.Timer(2.0, watch.start).start()
        GradtuiApp(lab, list(catalogue.values()), scenario=scenario, fps=10).run()
        return
    from gradtui.core.control import Start
    from gradtui.lab import run  # noqa: F401 - counted from the first step on

    watch.start()
    lab.send(Start(1, scenario))
    while True:
        lab.poll()
        time.sleep(0.1)


def steps_per_second(kind: str, scenario: str, seconds: float) -> float:
    from tests.app.terminal_emulator import Terminal

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "rate")
        command = [sys.executable, "-m", __spec__.name, "--side", kind, "--target", str(target)]
        command += [scenario, "--seconds", str(seconds)]
        if kind == "headless":
            subprocess.run(command, check=False)
        else:
            terminal = Terminal(*command, size=(140, 45))
            # Emulating the screen would take processor time from what is measured.
            while terminal.process.poll() is None:
                if select.select([terminal.master], [], [], 0.1)[0]:
                    os.read(terminal.master, 65536)
            terminal.close()
        return float(target.read_text())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", nargs="?", default="deep_sigmoid")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=("app", "headless"))
    parser.add_argument("--target", type=Path)
    args = parser.parse_args()
    if args.side:
        side(args.side, args.scenario, args.seconds, args.target)
        return
    ratios = []
    for _ in range(args.rounds):
        app = steps_per_second("app", args.scenario, args.seconds)
        alone = steps_per_second("headless", args.scenario, args.seconds)
        ratios.append(app / alone)
        print(f"with the app {app:.0f} steps/s, without {alone:.0f}: ratio {app / alone:.3f}")
    print(
        f"{args.scenario}: median ratio {statistics.median(ratios):.3f} over {args.rounds} rounds"
    )


if __name__ == "__main__":
    main()
