#!/usr/bin/env bash
# textual-serve 1.1.3: the page that it serves asks fonts.googleapis.com for its font. Two files of that very
# font, Roboto Mono, are in the package and are served under /static/fonts/, but nothing refers to them: neither
# the page nor a style sheet has a @font-face.
#
# Why it matters: a dashboard on loopback, on a node without a way out, draws its bars and blocks in whatever
# font the browser has, and elsewhere every viewer's browser tells a third party when a training is looked at.
# Whoever shows an app by it can serve a page of his own that loads the files that are there.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install -q --disable-pip-version-check textual==8.2.8 textual-serve==1.1.3
"$scratch/venv/bin/python" - <<'PY'
import asyncio
import re
import sys
from importlib.metadata import version
from pathlib import Path

import textual_serve
from aiohttp.test_utils import TestClient, TestServer
from textual_serve.server import Server


async def main():
    app = await Server("true")._make_app()
    async with TestClient(TestServer(app)) as client:
        page = await (await client.get("/")).text()
        font = await client.get("/static/fonts/RobotoMono-VariableFont_wght.ttf")
        return page, font.status, len(await font.read())


page, status, size = asyncio.run(main())
hosts = sorted(set(re.findall(r"https?://(fonts[^/\"]*)", page)))
home = Path(textual_serve.__file__).parent
styles = [page, *(path.read_text() for path in sorted(home.rglob("*.css")))]
faces = sum(text.count("@font-face") for text in styles)
used = sum("RobotoMono" in text for text in styles)
print("textual-serve", version("textual-serve"))
print("hosts of fonts that the page asks:", hosts)
print(f"font served by itself: status {status}, {size:,} bytes; @font-face rules: {faces}; mentioned: {used}")
sys.exit(not (hosts == ["fonts.googleapis.com"] and status == 200 and size > 10_000 and not faces and not used))
PY
