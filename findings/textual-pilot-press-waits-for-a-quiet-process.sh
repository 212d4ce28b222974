#!/usr/bin/env bash
# textual 8.2.8: Pilot.press() waits until the process is at rest, for up to a second, twice a key.
# At rest means that within 20 ms it has used less than 1 ms of processor time. An app that draws something all
# the time, if only for 5 ms out of 20, never is: each key of a test takes some two seconds, and the app goes on
# working meanwhile. The same key in an app that draws nothing is through in a tenth of that.
#
# Why it matters: tests of a live monitor seem slow because of what they test. A pause of fixed length, and
# waiting for what the key does, takes a tenth of the time.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
"$scratch/venv/bin/python" - <<'PY'
import asyncio
import sys
import time

import textual
from textual.app import App


class Monitor(App):
    BINDINGS = [("a", "count", "")]
    presses = 0

    def __init__(self, work):
        super().__init__()
        self.work = work

    def on_mount(self):
        self.set_interval(0.02, self.draw)

    def draw(self):
        until = time.process_time() + self.work
        while time.process_time() < until:
            pass

    def action_count(self):
        self.presses += 1


async def seconds(work):
    app = Monitor(work)
    async with app.run_test() as pilot:
        began = time.monotonic()
        await pilot.press("a")
        passed = time.monotonic() - began
    assert app.presses == 1
    return passed


quiet, busy = asyncio.run(seconds(0.0)), asyncio.run(seconds(0.005))
print(f"textual {textual.__version__}: one key, app at rest {quiet:.2f} s, app that works 5 ms in 20 {busy:.2f} s")
# Output seen: textual 8.2.8: one key, app at rest 0.07 s, app that works 5 ms in 20 2.04 s
sys.exit(not (busy > 1.5 and busy > 4 * quiet))
PY
