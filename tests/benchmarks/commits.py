"""What watching cost at one commit of gradtui, and what at another: a guard against growing dearer.

    python -m tests.benchmarks.commits OLD NEW [--nets NAME ...] [--monitors NAME ...] [--rounds 12]
        [--seconds 1.0] [--threads 1]

Both watch the same nets, those of this checkout, each in a process of its own. They and two bare ones take
turns. Printed are the step ratios to bare as in `peers`, the shares of steps with norms, and what NEW costs
over OLD. Prints only: what is measured on a shared machine is no test.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.costs import block, compare
from tests.benchmarks.monitors import AGAIN, BARE, MONITORS
from tests.benchmarks.nets import NETS
from tests.benchmarks.turns import ROOT, Process

RECORDED = [name for name, monitor in MONITORS.items() if monitor.recorded]


def check_out(commit: str, folder: Path) -> None:
    """The package as it was, alone: nothing of it stays behind in git. CalledProcessError where there is no
    such commit."""
    packed = subprocess.run(
        ["git", "archive", "--format=tar", commit, "gradtui"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Step ratios of two commits.")
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--nets", nargs="+", choices=NETS["cpu"], default=list(NETS["cpu"]))
    parser.add_argument("--monitors", nargs="+", choices=RECORDED, default=[RECORDED[0]])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as old, tempfile.TemporaryDirectory() as new:
        folders = {"old": Path(old), "new": Path(new)}
        for which, folder in folders.items():
            try:
                check_out(vars(args)[which], folder)
            except subprocess.CalledProcessError:
                sys.exit(f"no gradtui in {vars(args)[which]}")
        for net in args.nets:

            def side(which: str, monitor: str, net: str = net) -> Process:
                return Process(
                    *(net, monitor),
                    name=f"{which}: {monitor}",
                    threads=args.threads,
                    overhead=MONITORS[monitor].overhead,
                    libraries=[folders[which]],
                )

            sides = [
                Process(net, BARE, threads=args.threads),
                *(side("old", monitor) for monitor in args.monitors),
                Process(net, AGAIN, threads=args.threads),
                *(side("new", monitor) for monitor in args.monitors),
            ]
            costs, step, failed = compare(sides, args.rounds, args.seconds)
            for name, why in failed.items():
                print(f"{net}: {name} is left out: {why}", file=sys.stderr, flush=True)
            if costs:
                print(block(net, costs, step))
            for monitor in args.monitors:
                both = [costs.get(f"{which}: {monitor}") for which in ("old", "new")]
                if both[0] and both[1]:
                    ratio = both[1].ratio / both[0].ratio
                    print(f"  {monitor}: new / old {ratio:.3f}", flush=True)


if __name__ == "__main__":
    main()
