"""Everything that has to hold before a change goes in, in one command.

    python -m tests.check               format, lint, types, import contracts, all tests
    python -m tests.check -m "not slow" further words go to pytest
    python -m tests.check -m long       what is left out otherwise: long, and with shorter kin

Runs every tool whatever the others say; the exit code is the first failing one's. The types take one
core for half a minute: they are checked while the tests run, and said when they are known.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]

TOOLS: dict[str, tuple[str, ...]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "import contracts": ("lint-imports",),
}
BESIDE = {"types"}
"""Tools that the tests do not wait for."""
TESTS = ("pytest", "-n", "2", "--dist", "worksteal", "-m", "not long", "--durations=40")
"""Whoever is done first takes of what the other one has left: the long tests lie close together."""


def main(words: Sequence[str]) -> int:
    """Run all tools; the exit code of the first that failed, or 0."""
    tests = [*TESTS, *words]
    with ThreadPoolExecutor(len(TOOLS)) as pool:
        asked = {name: pool.submit(check, name) for name in TOOLS}
        for name in TOOLS.keys() - BESIDE:
            asked[name].result()
        say(f"$ {shlex.join(tests)}")
        last = run(tests, None)[0]
        codes = {name: done.result() for name, done in asked.items()} | {"tests": last}
    failed = [name for name, code in codes.items() if code]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return next((code for code in codes.values() if code), 0)


def check(name: str) -> int:
    """The exit code of a tool, which is told with what it said."""
    code, output, seconds = timed(TOOLS[name])
    said = f"$ {shlex.join(TOOLS[name])}\n{output}{name}: {'FAILED' if code else 'ok'}, {seconds:.1f} s"
    say(f"\n{said}" if name in BESIDE else said)  # the tests may be in the middle of a line
    return code


def timed(tool: Sequence[str]) -> tuple[int, str, float]:
    """The exit code of a tool, what it said, and the seconds that it took."""
    began = time.monotonic()
    code, output = run(tool, subprocess.PIPE)
    return code, output, time.monotonic() - began


def run(tool: Sequence[str], output: int | None) -> tuple[int, str]:
    """The exit code of one tool of this environment and what it said; with `output` None that has gone
    where this process writes to, as it came."""
    beside = Path(sys.executable).with_name(tool[0])
    # Two test workers share two cores: a thread pool in each would only get in the other's way.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    program = str(beside) if beside.exists() else tool[0]
    try:
        done = subprocess.run(
            [program, *tool[1:]],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        missing = f"{tool[0]} is not installed: python -m pip install -e '.[test]'\n"
        if output is None:
            say(missing, end="")
        return 127, missing
    return done.returncode, done.stdout or ""


def say(words: str, end: str = "\n") -> None:
    print(words, end=end, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
