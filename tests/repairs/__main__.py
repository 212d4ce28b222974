"""Run the bench: python -m tests.repairs [--jobs N] [--only TEXT] [--every]"""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.repairs.catalogue import CASES, one
from tests.repairs.table import conditions, rate, summary, table

WANTED = 0.95


def main() -> int:
    parser = argparse.ArgumentParser(description="apply the first remedy to every sick case")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", default="", help="cases whose name has this, or this|that, in it")
    parser.add_argument(
        "--every", action="store_true", help="try all remedies, not the first alone"
    )
    args = parser.parse_args()
    words = args.only.split("|")
    chosen = [i for i, case in enumerate(CASES) if any(word in case.name for word in words)]
    tasks = [(i, seed, args.every) for i in chosen for seed in range(args.seeds)]
    began = time.perf_counter()
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        repairs = [r for some in pool.map(one, tasks) for r in some]
    seconds = time.perf_counter() - began
    print(f"{conditions([CASES[i] for i in chosen], args.seeds)}\n")
    print(f"{table(repairs)}\n\n{summary(repairs)}\n{seconds:.0f} s")
    return 0 if rate(repairs) >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
