"""Pages and web sockets of `gradtui serve`. Whoever opens the page gets the app in a process of his own."""

import asyncio
import json
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from aiohttp import WSMsgType, web

from gradtui.commands.web.front import front_page, headers
from gradtui.commands.web.guard import Guard
from gradtui.commands.web.viewer import Viewer

MOST_VIEWERS = 8
"""At a time: each is a process."""
LARGEST = 1 << 20
"""Bytes of a message from a browser."""
HEARTBEAT = 15.0
"""Seconds after which a browser is asked whether it is still there."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves one command line of gradtui's."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], guard: Guard) -> None:
        self._words, self._env, self._guard = tuple(words), dict(env), guard
        self._viewers: set[Viewer] = set()
        self._sockets: set[web.WebSocketResponse] = set()
        self._closing = False
        self._cookie = ""

    def application(self, port: int) -> web.Application:
        """`port` tells its cookie from those of other servers on this machine."""
        self._cookie = f"gradtui-{port}"
        app = web.Application(middlewares=[self._guarded])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._socket),
                web.static("/static", terminal_files(), follow_symlinks=False),
            ]
        )
        return app

    async def close(self) -> None:
        """Every viewer is ended, and told."""
        self._closing = True
        await asyncio.gather(*(viewer.end() for viewer in list(self._viewers)))
        await asyncio.gather(*(one.close() for one in list(self._sockets)), return_exceptions=True)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The answer to whoever may ask, with what the browser has to know."""
        given = request.query.get("token", "") if request.path == "/" else ""
        cookie = request.cookies.get(self._cookie, "")
        why = self._guard.refusal(request.headers, given or cookie)
        if why:
            return web.Response(status=403, text=f"{why}\n", headers=headers("invalid"))
        try:
            answer = await handler(request)
        except web.HTTPException as other:
            other.headers.update(headers(request.host))
            raise
        if not answer.prepared:
            answer.headers.update(headers(request.host))
        return answer

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if "token" in request.query:
            # Out of the address, which is shown, kept in a history and told to others.
            answer = web.Response(status=303, headers={"Location": "/"})
            answer.set_cookie(
                self._cookie, self._guard.token, path="/", httponly=True, samesite="Strict"
            )
            return answer
        title = " ".join(["gradtui", *self._words])
        text = front_page(title, request.host, secure=request.secure)
        return web.Response(text=text, content_type="text/html")

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        browser = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=LARGEST, compress=False, timeout=2.0
        )
        if self._closing or len(self._viewers) >= MOST_VIEWERS:
            await browser.prepare(request)
            await browser.send_bytes(f"there are {MOST_VIEWERS} viewers already\r\n".encode())
            await browser.close()
            return browser
        viewer = Viewer(self._words, self._env, browser.send_bytes)
        self._viewers.add(viewer)
        self._sockets.add(browser)
        try:
            await browser.prepare(request)
            await viewer.start(
                _number(request.query.get("width"), 80), _number(request.query.get("height"), 24)
            )
            drawing = asyncio.create_task(self._draw(viewer, browser))
            try:
                async for message in browser:
                    if message.type == WSMsgType.TEXT:
                        await _obey(message.data, viewer, browser)
            finally:
                drawing.cancel()
                with suppress(asyncio.CancelledError, OSError):
                    await drawing
        except OSError as error:  # the browser has gone, or there is no room for another process
            if not browser.closed and browser.prepared:
                await browser.send_bytes(f"gradtui: {error.strerror or error}\r\n".encode())
        finally:
            await asyncio.shield(viewer.end())
            self._viewers.discard(viewer)
            self._sockets.discard(browser)
            await browser.close()
        return browser

    async def _draw(self, viewer: Viewer, browser: web.WebSocketResponse) -> None:
        with suppress(OSError):
            await viewer.run()
        await browser.close()


def terminal_files() -> Path:
    """Where textual-serve keeps what its terminal needs in a browser. Its own server is not imported."""
    found = find_spec("textual_serve")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "static"


async def _obey(text: str, viewer: Viewer, browser: web.WebSocketResponse) -> None:
    """One message of textual-serve's script; what is none is passed over."""
    try:
        message = json.loads(text)
    except ValueError:
        return
    match message:
        case ["stdin", str(typed)]:
            viewer.type(typed.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            viewer.resize(width, height)
        case ["ping", str(when)] if len(when) < 100:
            await browser.send_json(["pong", when])
        case _:
            pass


def _number(word: str | None, otherwise: int) -> int:
    good = word is not None and word.isascii() and word.isdecimal() and len(word) < 6
    return int(word) if word is not None and good else otherwise


def serve(server: Server, listening: socket.socket, ready: Callable[[], None]) -> int:
    """Serve until a signal says that it is over; its number. `ready` is called once pages are answered."""
    return asyncio.run(_serve(server, listening, ready))


async def _serve(server: Server, listening: socket.socket, ready: Callable[[], None]) -> int:
    loop = asyncio.get_running_loop()
    told: asyncio.Future[int] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup a hang-up is none
            loop.add_signal_handler(number, _tell, told, int(number))
    port = listening.getsockname()[1]
    runner = web.AppRunner(server.application(port), access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        ready()
        return await told
    finally:
        await server.close()
        await runner.cleanup()


def _tell(told: asyncio.Future[int], number: int) -> None:
    if not told.done():
        told.set_result(number)
