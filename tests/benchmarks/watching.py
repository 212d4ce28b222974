"""What watching costs an unmodified program: its speed watched, over its speed bare.

    python -m tests.benchmarks.watching [--rounds 12] [--seconds 1.0] [--overhead 0.03] [--thread] [NAME...]

Each case runs in two processes, one of them with the environment that `gradtui run` gives. They take
turns: a round of one, a round of the other, so that what the machine does meanwhile hits both. The
first seconds, in which the start-up allowance is spent and the budget learns what things cost, are
left out. Also printed: what the run itself says that watching took, every how many steps norms were
taken, and how much two bare processes differ, by whose mean the cost is told: that is how far it can be
trusted. Where memory happens to lie makes two processes differ by some per cent for good.

With --thread the bare ones hold a sleeping thread, as a program with data loaders does: what a second
thread in the process costs by itself is then left out. Prints only: what is measured on a shared
machine is no test.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

WARM_UP = 2.0


class Case(NamedTuple):
    """A stack of square linear layers that learns to copy."""

    width: int
    layers: int
    batch: int
    optimizer: str = "SGD"
    clip: bool = False


CASES = {
    "0.2 ms": Case(8, 1, 8),
    "0.5 ms": Case(16, 4, 16, "Adam"),
    "0.5 ms, clipping": Case(16, 4, 16, "Adam", clip=True),
    "2 ms": Case(128, 4, 256, "Adam"),
    "10 ms": Case(256, 4, 768, "Adam"),
    "200 tensors": Case(16, 100, 16, "SGD"),
}


def work(case: Case, thread: bool) -> None:
    """The program: trains for as many seconds as it is asked for, and says how many steps it took a
    second of processor time, that of threads of ours included: others' load on the machine is not."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    if thread:
        threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
    layers = [nn.Linear(case.width, case.width) for _ in range(case.layers)]
    model = nn.Sequential(*[m for layer in layers for m in (layer, nn.Tanh())])
    optimizer = getattr(torch.optim, case.optimizer)(model.parameters(), lr=1e-4)
    x = torch.randn(case.batch, case.width)
    for line in sys.stdin:
        seconds, steps, began = float(line), 0, time.process_time()
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            optimizer.zero_grad()
            loss = (model(x) - x).square().mean()
            loss.backward()
            if case.clip:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            steps += 1
        print(steps / (time.process_time() - began), flush=True)


class Side:
    """One of the two processes."""

    def __init__(
        self, name: str, run: Path | None = None, overhead: float = 0.0, *, thread: bool = False
    ) -> None:
        from gradtui.inject import environment

        variables = dict(os.environ) | {"OMP_NUM_THREADS": "1"}
        if run is not None:
            variables |= environment(run, overhead=overhead, base=variables)
        self.process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "--work", name, *["--thread"] * thread],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rate(self, seconds: float) -> float:
        """Steps a second of processor time."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate()


def compare(name: str, rounds: int, seconds: float, overhead: float, thread: bool) -> str:
    import numpy as np

    import gradtui
    from gradtui.instrument.budget import ALLOWANCE

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "run")
        place.mkdir()
        bare, again = Side(name, thread=thread), Side(name, thread=thread)
        watched = Side(name, place, overhead)
        bare.rate(WARM_UP / 4)
        again.rate(WARM_UP / 4)
        while not list(place.glob("steps-*.bin")):
            watched.rate(WARM_UP)
        while np.nansum(gradtui.open_run(place).overhead) < 1.2 * ALLOWANCE:
            watched.rate(WARM_UP)
        sides, turns = [bare, watched, again], []
        for i in range(rounds):
            order = sides[i % 3 :] + sides[: i % 3]
            got = {side: side.rate(seconds) for side in order}
            turns.append([got[side] for side in sides])
        for side in sides:
            side.close()
        run = gradtui.open_run(place)
        half = run.steps[-1] // 2
        every = (run.steps[-1] - half) / (run.measured_steps > half).sum()
        # Where nothing was measured there is no time; where others had their turn it is theirs.
        late = (run.steps > half) & (run.seconds < 1.2 * seconds)
        said = float(run.overhead[late].sum() / run.seconds[late].sum())
    cost = 100 * (statistics.median((b + a) / 2 / w for b, w, a in turns) - 1)
    noise = 100 * (statistics.median(b / a for b, _, a in turns) - 1)
    length = 1000 / statistics.median(b for b, _, _ in turns)
    return (
        f"{name:18s} step {length:6.2f} ms   cost {cost:5.1f} %   said {100 * said:4.1f} %   "
        f"norms every {every:5.1f}   (bare against bare {noise:.1f} %)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--overhead", type=float, default=0.03)
    parser.add_argument("--thread", action="store_true")
    parser.add_argument("--work")
    args = parser.parse_args()
    if args.work:
        work(CASES[args.work], args.thread)
        return
    for name in args.names or CASES:
        print(compare(name, args.rounds, args.seconds, args.overhead, args.thread), flush=True)


if __name__ == "__main__":
    main()
