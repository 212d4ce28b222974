"""Run them: python -m tests.verdicts.programs [--jobs N] [--only TEXT] [--strangers | --near-rules]"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from gradtui.core.symptom import OPEN
from tests.verdicts.programs.catalogue import NEAR_RULES, PROGRAMS, STRANGERS, Told, judged


def main() -> int:
    parser = argparse.ArgumentParser(description="check every program through the command line")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="programs whose name has this in it")
    parser.add_argument(
        "--strangers", action="store_true", help="those by people who had not seen the rules"
    )
    parser.add_argument(
        "--near-rules", action="store_true", help="healthy ones that come near to a rule"
    )
    args = parser.parse_args()
    every = NEAR_RULES if args.near_rules else STRANGERS if args.strangers else PROGRAMS
    chosen = [p for p in every if any(word in p.name for word in args.only.split("|"))]
    began = time.perf_counter()
    with ThreadPoolExecutor(args.jobs) as pool:
        told = list(pool.map(judged, chosen))
    for one in sorted(told, key=lambda t: (t.accepted[0] != "healthy", t.name)):
        print(line(one))
    print(f"{summary(told)}; {time.perf_counter() - began:.0f} s")
    return 0 if all(one.right for one in told) else 1


def line(one: Told) -> str:
    mark = "  " if one.right else "! "
    return f"{mark}{one.name:<22} {one.accepted[0]:<20} {one.verdict:<20} {one.evidence}"


def summary(told: list[Told]) -> str:
    fine = [t for t in told if t.accepted[0] == "healthy"]
    ill = [t for t in told if t.accepted[0] != "healthy"]
    named = [t for t in ill if t.right]
    best = sum(t.verdict == t.accepted[0] for t in named)
    undecided = sum(t.verdict in OPEN for t in ill)
    well = sum(t.verdict == "healthy" for t in ill)
    return (
        f"{sum(not t.right for t in fine)} of {len(fine)} healthy programs alarmed; {len(named)} of "
        f"{len(ill)} sick ones named right, {best} of them by the name that fits best; {undecided} "
        f"undecided, {well} called healthy"
    )


if __name__ == "__main__":
    sys.exit(main())
