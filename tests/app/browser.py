"""A real browser without a window: Chromium, driven by its own protocol. Tests that need it are skipped
where there is none."""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PROGRAM = next((path for name in NAMES if (path := shutil.which(name))), "")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0"),
)


class Tab:
    """One page. `problems` are what its console complains about, `asked` every address it has loaded."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())
        self.problems: list[str] = []
        self.asked: list[str] = []

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                future = self._waiting.pop(told["id"])
                if "error" in told:
                    future.set_exception(RuntimeError(str(told["error"])))
                else:
                    future.set_result(told["result"])
            elif told["method"] == "Log.entryAdded":
                self.problems.append(told["params"]["entry"]["text"])
            elif told["method"] == "Runtime.exceptionThrown":
                details = told["params"]["exceptionDetails"]
                self.problems.append(
                    str(details.get("exception", details).get("description", details))
                )
            elif told["method"] == "Network.requestWillBeSent":
                self.asked.append(told["params"]["request"]["url"])

    async def send(self, method: str, **params: Any) -> Any:
        self._next += 1
        future = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = future
        await self._socket.send_json({"id": self._next, "method": method, "params": params})
        return await asyncio.wait_for(future, 60)

    async def begin(self) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.send(f"{domain}.enable")

    async def open(self, address: str) -> None:
        await self.send("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def tell(self, expression: str) -> Any:
        """What a piece of JavaScript gives."""
        told = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in told:
            raise RuntimeError(str(told["exceptionDetails"]))
        return told["result"].get("value")

    async def until(self, expression: str, seconds: float = 30) -> None:
        """Wait until it is true."""
        end = asyncio.get_running_loop().time() + seconds
        while not await self.tell(expression):
            assert asyncio.get_running_loop().time() < end, f"never came true: {expression}"
            await asyncio.sleep(0.05)

    async def resize(self, width: int, height: int) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def prefer(self, scheme: str, media: str = "") -> None:
        """Light or dark; `media`: "print"."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.send("Emulation.setEmulatedMedia", media=media, features=features)

    async def without_script(self, off: bool = True) -> None:
        await self.send("Emulation.setScriptExecutionDisabled", value=off)

    async def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        await self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    async def key(self, key: str, text: str = "", code: int = 0) -> None:
        given = {"key": key, "windowsVirtualKeyCode": code or (ord(text.upper()) if text else 0)}
        if text:
            given |= {"text": text}
        await self.send("Input.dispatchKeyEvent", type="keyDown", **given)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self, path: Path, *, whole: bool = False) -> None:
        """What is seen, or all of the page, as PNG."""
        told = await self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))

    async def close(self) -> None:
        await self._socket.close()
        self._reader.cancel()


class Browser:
    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session, self._address = session, address
        self._tabs: list[Tab] = []

    async def tab(self) -> Tab:
        async with self._session.put(f"{self._address}/json/new?about:blank") as answer:
            told = await answer.json(content_type=None)
        socket = await self._session.ws_connect(told["webSocketDebuggerUrl"], max_msg_size=0)
        tab = Tab(socket)
        self._tabs.append(tab)
        await tab.begin()
        return tab

    async def close(self) -> None:
        for tab in self._tabs:
            await tab.close()


@asynccontextmanager
async def browser(home: Path) -> AsyncIterator[Browser]:
    """Chromium with a profile of its own in `home`."""
    profile = home / "profile"
    process = subprocess.Popen(
        [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        told = profile / "DevToolsActivePort"
        for _ in range(600):
            if told.exists() and told.read_text().count("\n"):
                break
            await asyncio.sleep(0.05)
        if not told.exists():
            pytest.skip(f"{PROGRAM} does not start here")
        port = told.read_text().split()[0]
        async with aiohttp.ClientSession() as session:
            opened = Browser(session, f"http://127.0.0.1:{port}")
            try:
                yield opened
            finally:
                await opened.close()
    finally:
        process.terminate()
        process.wait(20)
