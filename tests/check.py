"""Everything that has to hold before a change goes in, in one command.

    python -m tests.check               format, lint, types, import contracts, all tests
    python -m tests.check -m "not slow" further words go to pytest
    python -m tests.check -m long       what is left out otherwise: long, and with shorter kin

Runs every tool whatever the others say; the exit code is the first failing one's. pytest comes last,
so that the last line is its own.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]

TOOLS: dict[str, tuple[str, ...]] = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "import contracts": ("lint-imports",),
}
TESTS = ("pytest", "-n", "2", "-m", "not long", "--durations=40")


def main(words: Sequence[str]) -> int:
    """Run all tools; the exit code of the first that failed, or 0."""
    codes: dict[str, int] = {}
    for name, tool in TOOLS.items():
        began = time.monotonic()
        codes[name] = run(tool)
        say(f"{name}: {'FAILED' if codes[name] else 'ok'}, {time.monotonic() - began:.1f} s\n")
    failed = [name for name, code in codes.items() if code]
    if failed:
        say(f"FAILED so far: {', '.join(failed)}\n")
    codes["tests"] = run([*TESTS, *words])
    return next((code for code in codes.values() if code), 0)


def run(tool: Sequence[str]) -> int:
    """The exit code of one tool of this environment, its output as it comes."""
    say(f"$ {shlex.join(tool)}")
    beside = Path(sys.executable).with_name(tool[0])
    # Two test workers share two cores: a thread pool in each would only get in the other's way.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    try:
        program = str(beside) if beside.exists() else tool[0]
        done = subprocess.run([program, *tool[1:]], cwd=ROOT, env=environment, check=False)
    except FileNotFoundError:
        say(f"{tool[0]} is not installed: python -m pip install -e '.[test]'")
        return 127
    return done.returncode


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
