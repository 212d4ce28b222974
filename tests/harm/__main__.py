"""Programs with the habits of real code, run bare and watched: output, exit code, files, weights and
random state (in the output), peak memory.

    python -m tests.harm                    all of them; prints how many differ
    python -m tests.harm locals_as_settings those named, with what each printed
    python -m tests.harm --bare             bare twice: what differs by itself
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.harm.bench import Program, Verdict, judge, programs, watching


def unwatched(run: Path, base: Mapping[str, str]) -> dict[str, str]:
    return dict(base)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.harm", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("names", nargs="*", metavar="PROGRAM")
    parser.add_argument("--bare", action="store_true", help="run each twice without gradtui")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    given = parser.parse_args()
    # A shell that starts this in the background has it ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        chosen = programs(tuple(given.names))
    except ValueError as error:
        parser.error(str(error))
    change = unwatched if given.bare else watching
    width = max(len(program.name) for program in chosen)

    def one(program: Program) -> Verdict:
        with tempfile.TemporaryDirectory() as scratch:
            return judge(program, Path(scratch), change)

    differ = known = complaints = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        for verdict in pool.map(one, chosen):
            steps = "" if given.bare else f"{verdict.steps:5d} steps"
            documented = verdict.differences and verdict.program.known and not given.bare
            word = "known" if documented else "differs" if verdict.differences else "same"
            print(f"{verdict.program.name:{width}}  {word:8}{steps}", flush=True)
            if documented:
                print(f"    {verdict.program.known}")
            for line in verdict.differences:
                print(f"    {line}")
            for line in verdict.log.splitlines():
                print(f"    log: {line}")
            if given.names and verdict.watched is not None:
                sys.stdout.write(verdict.watched.out.decode(errors="replace"))
                sys.stdout.write(verdict.watched.err.decode(errors="replace"))
            differ += bool(verdict.differences and not documented)
            known += bool(documented)
            complaints += bool(verdict.log)
    print(
        f"{len(chosen)} programs, {differ} differ, {known} as docs/harmless.md says, "
        f"{complaints} with a line in the recorder's log"
    )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
