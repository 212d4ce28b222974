"""docs/assistants.md against the tools, and what it has clients start against the command line."""

import json
import re

import pytest

from gradtui.cli import build_parser, parsed
from gradtui.commands.assistant.bounds import LARGEST
from gradtui.commands.assistant.tools import TOOLS
from tests.documents.pages import page, table

PAGE = page("docs/assistants.md")
SETTINGS = [json.loads(code) for kind, code in PAGE.blocks if kind == "json"]


def test_the_table_is_of_the_tools_and_of_all_that_they_take() -> None:
    told = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in table(PAGE.text, "tool")}
    assert told == {tool.name: list(tool.takes) for tool in TOOLS}


@pytest.mark.parametrize("settings", SETTINGS, ids=["most", "vscode"])
def test_what_a_client_starts_is_the_server(
    settings: dict[str, dict[str, dict[str, object]]],
) -> None:
    ((_, servers),) = settings.items()
    assert servers["gradtui"]["command"] == "gradtui"
    words = servers["gradtui"]["args"]
    assert isinstance(words, list)
    assert parsed(build_parser(), words).verb == "mcp"


def test_other_words_for_it_are_as_shown() -> None:
    (shown,) = (span for span in PAGE.spans if span.startswith('"args"'))
    words = json.loads(shown.partition(": ")[2])
    assert parsed(build_parser(), words).runs == words[-1]


def test_sizes() -> None:
    assert f"some {LARGEST:,} characters" in PAGE.flat
