"""The app on a scripted source in a real terminal, for the pty tests and for looking at it.

python -m tests.app.entry [--scenario NAME] [--rate STEPS_PER_S] [--crash] [--prints] [--ascii]
"""

import argparse
import os
import sys

from gradtui.app.app import GradtuiApp
from gradtui.app.run import run_app
from gradtui.app.terminal import Output
from tests.app.fake_source import CATALOGUE, FakeSource


class Crashing(GradtuiApp):
    """Raises when a theme is asked for."""

    def action_next_theme(self) -> None:
        raise ZeroDivisionError("on purpose\nsecond line")


class Foreign(GradtuiApp):
    """Meets an exception of Textual's own when a theme is asked for."""

    def action_next_theme(self) -> None:
        self.call_later(self.screen.query_one, "#no-such-widget")


class Printing(FakeSource):
    """Prints past Python's streams, as libraries in C do."""

    def poll(self):  # type: ignore[no-untyped-def]
        os.write(1, b"NOISE on 1\n")
        os.write(2, b"NOISE on 2\n")
        print("NOISE by print")
        return super().poll()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenario", default="vanishing_sigmoid")
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--crash", action="store_true")
    parser.add_argument("--foreign", action="store_true")
    parser.add_argument("--prints", action="store_true")
    parser.add_argument("--ascii", action="store_true")
    args = parser.parse_args()
    source = (Printing if args.prints else FakeSource)(rate=args.rate, every=args.every)
    kind = Crashing if args.crash else Foreign if args.foreign else GradtuiApp

    def make(output: Output) -> GradtuiApp:
        return kind(source, CATALOGUE, scenario=args.scenario, ascii_only=args.ascii, output=output)

    return run_app(make)


if __name__ == "__main__":
    sys.exit(main())
