"""`gradtui serve` in a process of its own, and viewers of it."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pyte

QUERIES = re.compile(rb"\x1b\[<u|\x1b\[>25u|\x1b\[\?20(?:26|48)\$p")
"""What pyte does not know and would draw."""


class Serve:
    """The server. `address` has the token, `base` has not."""

    def __init__(self, *words: str, runs: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gradtui", "serve", "--port", "0", "--runs", str(runs), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + (self.process.stderr.read() if self.process.stderr else "")
        self.address = found[0]
        self.base = self.address.partition("/?")[0]

    def children(self) -> list[int]:
        """Processes that it has started and that are there."""
        tasks = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in tasks.read_text().split()]

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(30)
        finally:
            self.close()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


class Viewing:
    """A browser without a page: what it would draw is on a screen of pyte's."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, columns: int, rows: int) -> None:
        self.socket = socket
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    async def until(self, true: Callable[[], object], seconds: float = 60) -> None:
        """Take in what comes until something holds."""
        async with asyncio.timeout(seconds):
            while not true():
                message = await self.socket.receive()
                if message.type == aiohttp.WSMsgType.BINARY:
                    self._stream.feed(QUERIES.sub(b"", message.data))
                else:
                    assert self.socket.closed, message
                    assert true(), f"it has ended:\n{self.text}"

    async def see(self, words: str) -> None:
        await self.until(lambda: words in self.text)

    async def type(self, keys: str) -> None:
        await self.socket.send_str(json.dumps(["stdin", keys]))

    async def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        await self.socket.send_str(json.dumps(["resize", {"width": columns, "height": rows}]))


@asynccontextmanager
async def browsing() -> AsyncIterator[aiohttp.ClientSession]:
    """Keeps cookies of addresses that are numbers, as browsers do."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def enter(session: aiohttp.ClientSession, server: Serve) -> None:
    """Open the address with its token."""
    async with session.get(server.address) as answer:
        assert answer.status == 200
        assert "token" not in str(answer.url)


async def view(
    session: aiohttp.ClientSession, server: Serve, columns: int = 100, rows: int = 30
) -> Viewing:
    socket = await session.ws_connect(f"{server.base}/ws?width={columns}&height={rows}")
    return Viewing(socket, columns, rows)
