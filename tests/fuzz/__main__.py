"""Run the bench: python -m tests.fuzz --runs 10000 [--seed N] [--jobs 2] [--kind links]"""

import argparse
import sys

from tests.fuzz.bench import Outcome, bench, failures, table

EVERY = 500


def progress(out: Outcome) -> None:
    if out.runs.total() % EVERY == 0:
        print(f"{out.runs.total():,} runs, {len(out.wrong)} wrong", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="damage recorded runs and read them")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first; one more for each")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kind", default="", help="one way to damage them alone")
    parser.add_argument("--dear", type=float, default=0.05, help="share that screens read as well")
    parser.add_argument(
        "--shell", type=float, default=0.01, help="share that processes read as well"
    )
    args = parser.parse_args()
    wishes = {"dear": args.dear, "shell": args.shell, "kind": args.kind, "report": progress}
    out = bench(args.runs, args.seed, args.jobs, **wishes)
    print(table(out))
    if not out.clean:
        print(f"\n{failures(out)}")
    return 0 if out.clean else 1


if __name__ == "__main__":
    sys.exit(main())
