"""What a terminal is told beside the screen."""

import pytest

from gradtui.app.terminal_signs import notification, title

XTERM = {"TERM": "xterm-256color"}


def test_titles_are_set_where_they_are_understood() -> None:
    assert title("healthy - train.py", XTERM) == "\x1b]2;healthy - train.py\x07"
    assert [title("x", {"TERM": term}) for term in ("linux", "dumb", "")] == [""] * 3
    assert title("x", {}) == ""


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        (XTERM, "\x1b]777;notify;gradtui;NaN, step 4\x1b\\"),
        (XTERM | {"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;NaN, step 4\x1b\\"),
        (
            XTERM | {"TMUX": "/tmp/tmux", "TERM_PROGRAM": "tmux"},
            "\x1bPtmux;\x1b\x1b]777;notify;gradtui;NaN, step 4\x1b\x1b\\\x1b\\",
        ),
        ({"TERM": "linux"}, ""),
    ],
)
def test_notifications(environment: dict[str, str], sent: str) -> None:
    assert notification("NaN; step 4", environment) == sent


def test_nothing_in_a_text_ends_the_sequence_or_begins_another() -> None:
    for words in (title("a\x07b\x1b]2;c\x9c", XTERM), notification("a\x1b\\b\x07", XTERM)):
        inner = words.removesuffix("\x07").removesuffix("\x1b\\")[1:]
        assert inner.isprintable()
    assert len(title("x" * 5000, XTERM)) < 300
