"""Programs that take turns in processes of their own, so that what the machine does meanwhile hits all.

`python -m tests.benchmarks.turns NET MONITOR ...` is such a process. It trains the net for as many seconds as
a line on standard input says, and answers with a line of JSON: a `Turn`, or why there is none.
"""

import argparse
import contextlib
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, Protocol

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds beyond a turn's own until a side counts as stuck."""


class LeftOutError(Exception):
    """Why there are no figures of a side, in one line."""


class Turn(NamedTuple):
    rate: float
    """Steps a second of the process's time on all its threads; on CUDA by the clock."""
    steps: int
    """Taken so far, this turn's included."""
    memory: float
    """MiB that the process, and on CUDA the device's allocator, has held at most; NaN if unknown."""


class Side(Protocol):
    name: str

    def turn(self, seconds: float) -> Turn:
        """Raises LeftOutError where it fails."""


class Process:
    """A side that is a process, in which `monitor` watches `net`. `libraries` are folders that go before all
    others, and `overhead` is the budget of a `gradtui run` around it, whose run is in `place`."""

    def __init__(
        self,
        net: str,
        monitor: str,
        *,
        name: str = "",
        device: str = "cpu",
        threads: int = 1,
        overhead: float | None = None,
        libraries: Sequence[Path] = (),
    ) -> None:
        self.name, self.monitor = name or monitor, monitor
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        # No folder that may hold a package of one of the names that are imported.
        self.work, self.place = Path(self._folder.name, "work"), Path(self._folder.name, "run")
        for made in (self.work, self.place):
            made.mkdir(mode=0o700)
        path = os.pathsep.join(map(str, [*libraries, ROOT]))
        variables = dict(os.environ) | {"PYTHONPATH": path, "OMP_NUM_THREADS": str(threads)}
        if overhead is not None:
            variables |= watched(self.place, overhead, variables)
        self._errors = Path(self._folder.name, "errors").open("w+")  # noqa: SIM115
        options = [f"--place={self.place}", f"--device={device}", f"--threads={threads}"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, net, monitor, *options],
            cwd=self.work,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def turn(self, seconds: float) -> Turn:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: why may be there to read
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        # Answers are single lines, one for each question: none waits in Python's buffer.
        if not select.select([self._process.stdout], [], [], seconds + PATIENCE)[0]:
            raise LeftOutError(f"no answer in {seconds + PATIENCE:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise LeftOutError(self._last_words())
        return read_turn(line)

    def _last_words(self) -> str:
        self._process.wait(10)
        self._errors.seek(0)
        said = self._errors.read().split("\n")
        last = [line.strip() for line in said if line.strip()][-1:]
        return " ".join([f"ended with exit code {self._process.returncode}", *last])

    def finish(self) -> None:
        """Ask it to end, without waiting."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended
            self._process.stdin.close()

    def wait(self, seconds: float = 20.0) -> None:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def clear(self) -> None:
        """Its files; nothing can be asked of it afterwards."""
        self.finish()
        self.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()


def watched(place: Path, overhead: float, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of `gradtui run`, by the gradtui that `variables` lead to."""
    source = (
        "import json, os, sys; from gradtui.inject import environment; "
        "print(json.dumps(environment(sys.argv[1], overhead=float(sys.argv[2]), base=os.environ)))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", source, str(place), str(overhead)],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def read_turn(line: str) -> Turn:
    """From an answer."""
    said = json.loads(line)
    if "left_out" in said:
        raise LeftOutError(said["left_out"])
    return Turn(**said)


def take_turns(
    sides: Sequence[Side], rounds: int, seconds: float
) -> tuple[dict[str, list[Turn]], dict[str, str]]:
    """Of each side its turns, one a round, and of those that failed the reason alone. Each round begins
    with another side."""
    turns: dict[str, list[Turn]] = {side.name: [] for side in sides}
    failed: dict[str, str] = {}
    for i in range(rounds):
        first = i * len(sides) // max(rounds, 1)
        for side in [*sides[first:], *sides[:first]]:
            if side.name not in failed:
                try:
                    turns[side.name].append(side.turn(seconds))
                except LeftOutError as error:
                    failed[side.name] = str(error)
    return {name: got for name, got in turns.items() if name not in failed}, failed


def serve(
    net_name: str,
    monitor_name: str,
    device_name: str,
    place: Path,
    asked: Iterable[str],
    out: IO[str],
) -> None:
    """Answers each line of `asked` with one. What fails is told, and ends it."""

    def answer(said: Mapping[str, object]) -> None:
        out.write(json.dumps(said) + "\n")
        out.flush()

    try:
        import torch

        from tests.benchmarks.monitors import MONITORS
        from tests.benchmarks.nets import NETS

        torch.manual_seed(0)
        device = torch.device(device_name)
        cuda = device.type == "cuda"
        net = NETS[device.type][net_name](device)
        each = MONITORS[monitor_name].attach(net, place)
        clock = time.perf_counter if cuda else time.process_time
        steps = 0
        for line in asked:
            began_at, began = steps, clock()
            end = time.perf_counter() + float(line)
            while steps == began_at or time.perf_counter() < end:
                net.optimizer.zero_grad()
                loss = net.loss(steps)
                loss.backward()
                each(steps, loss.detach())
                net.optimizer.step()
                steps += 1
            if cuda:
                torch.cuda.synchronize()
            rate = (steps - began_at) / (clock() - began)
            device_memory = torch.cuda.max_memory_allocated() / 2**20 if cuda else 0.0
            answer(Turn(rate, steps, peak_memory() + device_memory)._asdict())
    except Exception as error:  # whatever a library of others raises
        answer({"left_out": f"{type(error).__name__}: {error}".split("\n")[0]})


def peak_memory() -> float:
    """MiB that this process has held at most; NaN where /proc does not say it."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        found = None
    return int(found[1]) / 1024 if found else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("net")
    parser.add_argument("monitor")
    parser.add_argument("--place", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    # What libraries print goes elsewhere than the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import torch

    torch.set_num_threads(args.threads)
    serve(args.net, args.monitor, args.device, args.place, sys.stdin, out)


if __name__ == "__main__":
    main()
