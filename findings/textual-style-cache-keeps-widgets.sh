#!/usr/bin/env bash
# textual 8.2.8: widgets of screens that have been closed are not let go as far as their drawing is concerned.
# StylesCache.get_inner_outer takes two colours and is cached with functools.lru_cache(1024), but it is a plain
# method: its object is part of the key, so up to 1,024 caches stay, each with every line that its widget had
# drawn. The screens and widgets themselves are gone.
#
# Why it matters: a monitor that is left open all day grows with every help or palette that is opened. Called
# through the class with the two colours alone the cache holds no widget.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8
"$scratch/venv/bin/python" - <<'PY'
import asyncio
import gc
import sys

import textual
from textual._styles_cache import StylesCache
from textual.app import App
from textual.screen import ModalScreen
from textual.widgets import Static


class Panel(ModalScreen):
    def compose(self):
        yield Static("\n".join(f"line {number}" for number in range(20)))


def alive(kind):
    gc.collect()
    return sum(type(thing) is kind for thing in gc.get_objects())


async def main():
    app = App()
    seen = []
    async with app.run_test() as pilot:
        for _ in range(3):
            for _ in range(5):
                app.push_screen(Panel())
                await pilot.pause()
                app.pop_screen()
                await pilot.pause()
            seen.append((alive(Panel), alive(StylesCache)))
    StylesCache.get_inner_outer.cache_clear()
    return seen, alive(StylesCache)


seen, after = asyncio.run(main())
panels, caches = zip(*seen)
print("textual", textual.__version__, "panels alive", panels, "style caches alive", caches)
print("style caches alive once the lru_cache is cleared:", after)
grows = all(later - earlier >= 5 for earlier, later in zip(caches, caches[1:]))
sys.exit(not (max(panels) <= 1 and grows and after < caches[0]))
PY
