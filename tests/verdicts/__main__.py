"""Run the bench: python -m tests.verdicts [--jobs N] [--only TEXT] [--untold] [--strangers]
[--overhead PERCENT]"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from math import inf
from multiprocessing import get_context

from tests.verdicts.catalogue import CASES, one
from tests.verdicts.table import complaints, counts, summary, table


def main() -> int:
    parser = argparse.ArgumentParser(description="judge every case of the bench")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--untold", action="store_true", help="keep back what the task is")
    parser.add_argument("--all", action="store_true", help="say the way of each run")
    parser.add_argument(
        "--overhead",
        type=float,
        default=inf,
        metavar="PERCENT",
        help="what measuring may cost, with no free start (default: every step is measured)",
    )
    parser.add_argument(
        "--strangers",
        action="store_true",
        help="the cases by somebody who had not seen the rules, in place of the others",
    )
    args = parser.parse_args()
    tasks = [
        (i, seed)
        for i, case in enumerate(CASES)
        for seed in case.seeds
        if args.only in case.name and case.stranger is args.strangers
    ]
    judged = partial(one, untold=args.untold, overhead=args.overhead / 100)
    began = time.perf_counter()
    if args.jobs > 1:
        with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
            said = list(pool.map(judged, tasks))
    else:
        said = [judged(task) for task in tasks]
    for s in said if args.all else ():
        print(s.case, s.seed, s.verdict, s.changes, s.evidence, s.cause, sep=" | ")
    wrong = complaints(said)
    print("\n".join([table(said), "", *wrong, "", summary(said)]))
    aside = [s for s in said if s.held_out]
    if aside:
        print(f"of them written aside: {summary(aside)}")
    strange = [s for s in said if s.stranger]
    if strange:
        print(f"of them written by a stranger to the rules: {counts(strange)}")
    print(f"{len(said)} runs of {len(CASES)} cases in {time.perf_counter() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
