"""Run them: python -m tests.verdicts.programs [--jobs N] [--only TEXT]"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.verdicts.programs.catalogue import PROGRAMS, Told, judged


def main() -> int:
    parser = argparse.ArgumentParser(description="check every program through the command line")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="programs whose name has this in it")
    args = parser.parse_args()
    chosen = [p for p in PROGRAMS if any(word in p.name for word in args.only.split("|"))]
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
    return (
        f"{sum(not t.right for t in fine)} of {len(fine)} healthy programs alarmed; "
        f"{sum(t.right for t in ill)} of {len(ill)} sick ones named right"
    )


if __name__ == "__main__":
    sys.exit(main())
