"""The server, asked by the SDK's own client over real pipes."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradtui.cli import main
from gradtui.commands.assistant.tools import TOOLS
from gradtui.core.event import Ended
from tests.runstore.recorded import record, snap
from tests.schemas import hold


@pytest.fixture
def home(tmp_path: Path) -> Path:
    steps = [snap(step, loss=1 / (step + 1)) for step in range(40)]
    record(tmp_path / "runs" / "train-1", [*steps, Ended(1, 40, "finished")])  # type: ignore[list-item]
    return tmp_path / "runs"


async def test_a_client_gets_answers(home: Path) -> None:
    pytest.importorskip("mcp_types", reason="the extra mcp is not installed")
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    words = ["-m", "gradtui", "mcp", "--runs", str(home)]
    server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        await asks(client)


async def test_so_does_one_of_the_protocol_as_it_was(home: Path) -> None:
    """Of before 2026, with a handshake; in this process, which is quicker."""
    pytest.importorskip("mcp_types", reason="the extra mcp is not installed")
    from mcp import Client

    from gradtui.commands.assistant.server import made

    async with Client(made(home), mode="legacy") as client:
        await asks(client)


async def asks(client: Any) -> None:
    told = (await client.list_tools()).tools
    assert [tool.name for tool in told] == [tool.name for tool in TOOLS]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in told)
    assert all(tool.output_schema for tool in told)
    answer = await client.call_tool("judge_run", {"run": "train"})
    assert not answer.is_error
    hold("check", answer.structured_content)
    (text,) = answer.content
    assert json.loads(text.text) == answer.structured_content
    wrong = await client.call_tool("judge_run", {"run": "nobody"})
    assert wrong.is_error
    assert wrong.content[0].text.startswith("there is no run 'nobody'")
    with pytest.raises(Exception, match="there is no tool 'delete_run'"):
        await client.call_tool("delete_run", {})
    assert (await client.call_tool("list_runs", {})).structured_content["found"] == 1


@pytest.mark.long
@pytest.mark.parametrize("end", ["input", "ctrl+c", "output"])
def test_it_ends_at_once_and_says_nothing(end: str, home: Path) -> None:
    pytest.importorskip("mcp_types", reason="the extra mcp is not installed")
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    with subprocess.Popen(
        [sys.executable, "-m", "gradtui", "mcp", "--runs", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin
        assert server.stdout
        assert server.stderr
        server.stdin.write(json.dumps(hello) + "\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "gradtui"
        if end == "ctrl+c":
            server.send_signal(signal.SIGINT)
            assert server.wait(60) == -signal.SIGINT  # though its input is still open
        elif end == "output":
            server.stdout.close()
            server.stdin.write(json.dumps(hello | {"id": 2, "method": "ping"}) + "\n")
            server.stdin.flush()
        server.stdin.close()
        assert server.wait(60) == {"input": 0, "ctrl+c": -2, "output": 141}[end]
        assert server.stderr.read() == ""


def test_a_fault_of_ours_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("mcp_types", reason="the extra mcp is not installed")
    from gradtui.commands.assistant import server

    def broken(*given: object) -> dict[str, Any]:
        raise ZeroDivisionError("no\x1b[1m\nmore")

    monkeypatch.setattr(server, "answered", broken)
    told = server.result(TOOLS[0], {}, tmp_path)
    assert told.is_error
    assert told.content[0].text == r"unexpected ZeroDivisionError (no\x1b[1m): please report it."


def test_without_the_package_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.delitem(sys.modules, "gradtui.commands.assistant.server", raising=False)
    for name in ("mcp", "mcp_types"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["mcp"]) == 2
    assert "python -m pip install 'gradtui[mcp]'" in capsys.readouterr().err


def test_a_person_at_a_terminal_is_told_what_it_is_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["mcp"]) == 2
    assert "docs/assistants.md" in capsys.readouterr().err
