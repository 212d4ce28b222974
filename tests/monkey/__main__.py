"""Many monkeys, one after the other: python -m tests.monkey --seeds 200"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.monkey.events import Event, events
from tests.monkey.play import MODES, Ground, HarmError, Mode, play


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--mode", choices=MODES, help="only this one; otherwise all in turns")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # trainings are ended
    crashes = left = 0
    with tempfile.TemporaryDirectory(prefix="gradtui-monkey-") as home:
        with Ground(Path(home)) as ground:
            for seed in range(args.first, args.first + args.seeds):
                mode: Mode = args.mode or MODES[seed % len(MODES)]
                what = events(seed, args.events)
                try:
                    ended = play(ground, mode, f"seed-{seed}", what)
                    left += ended
                    print(
                        f"seed {seed} {mode}: well" + (f", left {ended} times" if ended else ""),
                        flush=True,
                    )
                except HarmError as wrong:
                    crashes += 1
                    print(f"seed {seed} {mode}: {wrong}", flush=True)
                    report(ground, mode, seed, what)
            faults = [path.read_text() for path in ground.logs("faults")]
        harmed = ground.harmed()
    print(f"{args.seeds} seeds of {args.events} events: {crashes} crashes", end="")
    print(f", {left} times told to end on the way; faults of Textual passed over: {len(faults)}")
    for text in dict.fromkeys(trace for log in faults for trace in log.strip().split("\n\n\n")):
        print("  " + " <- ".join(line.strip() for line in reversed(text.splitlines()[-4:])))
    print(f"results that differ from an unwatched run: {harmed or 'none'}")
    return 1 if crashes or harmed else 0


def report(ground: Ground, mode: Mode, seed: int, what: list[Event]) -> None:
    """The shortest beginning that still shows it."""
    short, long = 0, len(what)
    while long - short > 1:
        middle = (short + long) // 2
        if goes_wrong(ground, mode, f"again-{seed}-{middle}", what[:middle]):
            long = middle
        else:
            short = middle
    sure = goes_wrong(ground, mode, f"sure-{seed}", what[:long])
    print(
        f"  {long} events {'show it again' if sure else 'have shown it, not every time'}; the last:"
    )
    for event in what[max(long - 8, 0) : long]:
        print(f"    {event}")


def goes_wrong(ground: Ground, mode: Mode, name: str, what: list[Event]) -> bool:
    try:
        play(ground, mode, name, what)
    except HarmError:
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
