"""What gradient norms cost, by gradtui and by everything else that gives them: step ratios to bare.

    python -m tests.benchmarks.peers [--nets NAME ...] [--monitors NAME ...] [--rounds 8] [--seconds 1.0]
        [--threads 1] [--device cpu|cuda] [--json FILE]

`pip install -e '.[bench]'` brings the others. What is not installed, or fails, is left out with a line that
says why. Every monitor watches the same net in a process of its own, and they take turns. A ratio is the
median over all rounds of bare's speed over the monitor's, in processor time of all threads on a CPU, by the
clock on CUDA. Bare takes part twice. Its speed is the mean of both, and how much they differ is how far the
table can be trusted. What a library does in a process of its own (wandb) is not counted. Start-up and
gradtui's free first half second are left out.

"steps" is the share of steps at which a monitor gave what stands last in its line; of gradtui it is read from
the run. "MiB" is the most that its process held, beyond bare's. Prints only: what is measured on a shared
machine is no test.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.costs import Cost, block, compare, machine, spread, table
from tests.benchmarks.monitors import AGAIN, BARE, MONITORS
from tests.benchmarks.nets import NETS
from tests.benchmarks.turns import Process


def figures(costs: Mapping[str, Mapping[str, Cost]], milliseconds: Mapping[str, float]) -> str:
    """As JSON."""
    said = {net: {name: c._asdict() for name, c in by.items()} for net, by in costs.items()}
    return json.dumps({"milliseconds": milliseconds, "costs": said}, indent=1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Step ratios of monitors of gradients to bare.")
    parser.add_argument("--device", choices=NETS, default="cpu")
    parser.add_argument("--nets", nargs="+", choices=NETS["cpu"], default=list(NETS["cpu"]))
    parser.add_argument("--monitors", nargs="+", choices=MONITORS, default=list(MONITORS))
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    args = parser.parse_args()
    names = list(dict.fromkeys([BARE, AGAIN, *args.monitors]))
    costs: dict[str, dict[str, Cost]] = {}
    milliseconds: dict[str, float] = {}
    print(machine(args.device, args.threads), flush=True)
    for net in args.nets:
        sides = [
            Process(
                *(net, name),
                device=args.device,
                threads=args.threads,
                overhead=MONITORS[name].overhead,
            )
            for name in spread(names)
        ]
        found, step, failed = compare(sides, args.rounds, args.seconds)
        for name, why in failed.items():
            print(f"{net}: {name} is left out: {why}", file=sys.stderr, flush=True)
        if found:
            costs[net] = {name: found[name] for name in names if name in found}
            milliseconds[net] = step
            print(block(net, costs[net], step), flush=True)
            if args.json is not None:  # after each, so that what is stopped has them
                args.json.write_text(figures(costs, milliseconds))
    if costs:
        print(f"\n{table(costs, milliseconds)}")


if __name__ == "__main__":
    main()
