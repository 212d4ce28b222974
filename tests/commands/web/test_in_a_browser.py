"""`gradtui serve` in Chromium: first frame, a key, a resize, two viewers, the end."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradtui.core.event import Ended
from tests.factories import snapshots, vanishing
from tests.runstore.recorded import record

if TYPE_CHECKING or (find_spec("aiohttp") is not None and find_spec("textual_serve") is not None):
    from tests.app.browser import PROGRAM, Tab, browser
    from tests.commands.web.serving import QUERIES, Serve
else:
    PROGRAM = ""

pytestmark = pytest.mark.skipif(not PROGRAM, reason="needs textual-serve and Chromium")

LISTEN = """
window.drawn = '';
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    this.addEventListener('message', (event) => {
      if (typeof event.data !== 'string') window.drawn += String.fromCharCode(...new Uint8Array(event.data));
    });
  }
};
"""
"""What comes is drawn by a canvas, which has no text: so it is kept as well."""


class Screen:
    """What the terminal in a tab has been told to draw."""

    def __init__(self, tab: "Tab", columns: int, rows: int) -> None:
        import pyte

        self._tab = tab
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    async def text(self) -> str:
        fresh: str = await self._tab.tell(
            "(() => { const all = window.drawn; window.drawn = ''; return all; })()"
        )
        data = fresh.encode("latin-1")
        self._stream.feed(QUERIES.sub(b"", data))
        return "\n".join(self._screen.display)

    async def see(self, words: str) -> None:
        import asyncio

        async with asyncio.timeout(60):
            while words not in await self.text():
                await asyncio.sleep(0.1)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)


async def opened(tab: "Tab", address: str, width: int, height: int) -> Screen:
    await tab.send("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)
    await tab.resize(width, height)
    await tab.open(address)
    return Screen(tab, 200, 60)


async def click(tab: "Tab") -> None:
    """Where nothing is: keys go to the terminal from then on."""
    await tab.tell("document.querySelector('.xterm-helper-textarea').focus()")


@pytest.mark.slow
async def test_the_app_in_a_browser(tmp_path: Path) -> None:
    made = vanishing(8)
    things: list[Any] = [*snapshots(made), Ended(1, 60, "finished")]
    record(tmp_path / "runs" / "sick", things, made.layout, made.info)
    server = Serve("attach", "sick", runs=tmp_path / "runs")
    try:
        async with browser(tmp_path) as chromium:
            tab = await chromium.tab()
            screen = await opened(tab, server.address, 1000, 600)
            await screen.see("VANISHING GRADIENT")
            assert "token" not in await tab.tell("location.href")
            assert await tab.tell("document.cookie") == ""  # no script has it
            await click(tab)
            await tab.key("?", "?", 191)
            await screen.see("this help")
            await tab.key("Escape", code=27)
            screen.resize(60, 20)
            await tab.resize(560, 420)
            await screen.see("layers.2")
            other = await chromium.tab()
            beside = await opened(other, server.address, 1100, 700)
            await beside.see("heat map")
            assert len(server.children()) == 2
            await click(tab)
            await tab.key("q", "q", 81)
            await tab.until("document.body.classList.contains('-closed')")
            await tab.until(
                "getComputedStyle(document.querySelector('.ended')).display === 'block'"
            )
            assert await other.tell("document.body.classList.contains('-closed')") is False
            assert server.stop() == 0
            await other.until("document.body.classList.contains('-closed')")
            refused = [p for p in (*tab.problems, *other.problems) if "WebGL" not in p]
            assert refused == []
            assert all(one.startswith((server.base, "data:", "blob:")) for one in tab.asked)
    finally:
        server.close()
