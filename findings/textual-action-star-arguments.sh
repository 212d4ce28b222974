#!/usr/bin/env bash
# textual 8.2.8: an action method that takes any number of arguments is called with the first one alone.
# "answer('stop', 'end')" is parsed into two arguments. invoke() then counts the parameters of the method and
# hands on so many of them; `*choices` counts as one, and the rest is dropped without a word. With two named
# parameters both arrive.
#
# Why it matters: a key that is bound to such an action does something else than what stands in its binding,
# and nothing raises.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
"$scratch/venv/bin/python" - <<'PY'
import asyncio
import sys

import textual
from textual.actions import parse
from textual.app import App


class Keys(App):
    BINDINGS = [("a", "any('stop', 'end')", ""), ("n", "named('stop', 'end')", "")]

    def __init__(self):
        super().__init__()
        self.got = {}

    def action_any(self, *choices):
        self.got["any"] = choices

    def action_named(self, choice, other=""):
        self.got["named"] = (choice, other)


async def main():
    app = Keys()
    async with app.run_test() as pilot:
        await pilot.press("a", "n")
        await pilot.pause()
    return app.got


got = asyncio.run(main())
print("textual", textual.__version__, "parsed", parse("any('stop', 'end')")[2], "arrived", got)
sys.exit(got != {"any": ("stop",), "named": ("stop", "end")})
PY
