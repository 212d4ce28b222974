"""`gradtui serve`: the app over HTTP and a web socket, as a browser would have it."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from gradtui.cli import main
from gradtui.commands import serve as module
from gradtui.commands.serve import as_variables, listen, on_this_machine, shown_host
from gradtui.commands.settings import Settings, read_settings
from gradtui.core.event import Ended
from tests.factories import snapshots, vanishing
from tests.runstore.recorded import record

needed = pytest.mark.skipif(find_spec("textual_serve") is None, reason="needs textual-serve")
if find_spec("textual_serve") is not None:
    import aiohttp

    from gradtui.commands.web.viewer import environment
    from tests.commands.web.serving import Serve, browsing, enter, view


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("runs")
    made = vanishing(8)
    record(home / "sick", [*snapshots(made), Ended(1, 60, "finished")], made.layout, made.info)  # type: ignore[list-item]
    return home


@pytest.fixture
def server(runs: Path) -> Iterator["Serve"]:
    made = Serve("attach", "sick", runs=runs)
    yield made
    made.close()


# The command line


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "name what to show: gradtui serve attach"),
        (["run", "python", "x.py"], "serve cannot show 'run': it shows launch, attach"),
        (["atach"], "did you mean 'attach'?"),
        (["--port", "70000", "attach"], "must be 0 to 65535"),
        (["--host", "no.such.host.invalid", "attach"], "cannot listen at no.such.host.invalid"),
        (["replay", "--speed", "fast"], "--speed"),
        (["launch", "--nonsense"], "--nonsense"),
    ],
)
def test_usage(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_without_the_package_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert main(["serve", "attach"]) == 2
    said = "serve needs textual-serve: python -m pip install 'gradtui[serve]'."
    assert capsys.readouterr().err == f"gradtui: {said}\n"


@needed
def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        assert main(["serve", "--port", str(number), "attach"]) == 2
    assert f"cannot listen at 127.0.0.1, port {number}" in capsys.readouterr().err


def test_it_is_told_whether_others_can_reach_it() -> None:
    for host, alone in (("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)):
        with listen(host, 0) as listening:
            assert on_this_machine(listening) is alone
    assert shown_host("::1") == "[::1]"
    assert shown_host("0.0.0.0") == socket.gethostname()


def test_settings_reach_the_viewers() -> None:
    settings = Settings(theme="mono", ascii=True, bell=False, runs="/a b", overhead=float("inf"))
    variables = as_variables(settings)
    assert read_settings({}, variables, Path("/none")) == settings


@needed
def test_a_viewers_terminal_is_its_own() -> None:
    ours = {"TERM": "dumb", "COLUMNS": "20", "TMUX": "x", "HOME": "/h"}
    made = environment(ours, {"GRADTUI_FPS": "5"})
    assert made == {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "HOME": "/h",
        "GRADTUI_FPS": "5",
    }


# The server


@needed
async def test_only_who_knows_the_token_is_answered(server: "Serve") -> None:
    async with browsing() as session:
        for path in ("/", "/ws", "/static/js/textual.js", "/static/", "/?token=wrong"):
            async with session.get(server.base + path) as answer:
                assert answer.status == 403, path
                assert "Set-Cookie" not in answer.headers
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await session.ws_connect(f"{server.base}/ws")
        assert server.children() == []
        await enter(session, server)
        async with session.get(server.base) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert server.address.partition("token=")[2] not in await answer.text()
        async with session.get(f"{server.base}/static/js/textual.js") as answer:
            assert answer.status == 200
        async with session.get(f"{server.base}/static/../server.py") as answer:
            assert answer.status == 404
        foreign: tuple[dict[str, str], ...] = (
            {"Origin": "http://example.com"},
            {"Origin": "null"},
            {"Host": "example.com"},
        )
        for headers in foreign:
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(f"{server.base}/ws", headers=headers)
        assert server.children() == []
    assert server.stop() == 0


@needed
async def test_the_app_is_drawn_takes_keys_and_sizes_and_ends(server: "Serve") -> None:
    async with browsing() as session:
        await enter(session, server)
        one = await view(session, server)
        await one.see("VANISHING GRADIENT")
        await one.type("?")
        await one.see("this help")
        await one.type("\x1b")
        await one.until(lambda: "this help" not in one.text)
        await one.type("\x1a")  # nobody could let it go on
        await one.resize(60, 20)
        await one.until(lambda: "findings" in one.text and "layers.4" in one.text)
        other = await view(session, server, 140, 40)
        await other.see("heat map")
        assert len(server.children()) == 2
        for message in ("nonsense", '["stdin"]', '["resize",{"width":"x"}]', "[]", '{"a":1}'):
            await one.socket.send_str(message)
        await one.type("q")
        await one.until(lambda: one.socket.closed)
        await other.type("?")
        await other.see("this help")  # the other goes on
        assert len(server.children()) == 1
        pid = server.children()[0]
        stopped = asyncio.get_running_loop().run_in_executor(None, server.stop)
        await other.until(lambda: other.socket.closed)
        assert await stopped == 0
    assert not Path(f"/proc/{pid}").exists()


@needed
async def test_so_many_viewers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    from aiohttp.test_utils import TestServer

    from gradtui.commands.web import server as server_module
    from gradtui.commands.web.guard import Guard, names_of

    monkeypatch.setattr(server_module, "MOST_VIEWERS", 0)
    made = server_module.Server(["attach"], {}, Guard("t", names_of("127.0.0.1")))
    async with TestServer(made.application(8000)) as here, browsing() as session:
        async with session.get(here.make_url("/?token=t")) as answer:
            assert answer.status == 200
        socket = await session.ws_connect(here.make_url("/ws"))
        assert b"there are 0 viewers already" in await socket.receive_bytes()
        assert (await socket.receive()).type == aiohttp.WSMsgType.CLOSE


@needed
@pytest.mark.slow
async def test_a_page_that_is_closed_ends_its_app_and_a_signal_the_rest(server: "Serve") -> None:
    async with browsing() as session:
        await enter(session, server)
        one = await view(session, server)
        await one.see("layers.3")
        (pid,) = server.children()
        await one.socket.close()
        for _ in range(400):
            if not server.children():
                break
            await asyncio.sleep(0.05)
        assert not Path(f"/proc/{pid}").exists()
        again = await view(session, server)
        await again.see("layers.3")
        stopped = asyncio.get_running_loop().run_in_executor(None, server.stop, signal.SIGTERM)
        await again.until(lambda: again.socket.closed)
        assert await stopped == 128 + signal.SIGTERM


@needed
@pytest.mark.slow
async def test_what_ends_by_itself_stays_to_be_read(runs: Path) -> None:
    server = Serve("runs", "--plain", runs=runs)
    try:
        async with browsing() as session:
            await enter(session, server)
            one = await view(session, server)
            await one.until(lambda: one.socket.closed)
            assert "sick" in one.text
            assert "vanishing gradient" in one.text
        assert server.stop() == 0
    finally:
        server.close()
