"""What a terminal is told beside the screen: its title, and a notification of its own.

Sequences that a terminal does not know it passes over, but for Linux's console, which prints them. Within
tmux a notification reaches the terminal outside where `allow-passthrough` is on.
"""

from collections.abc import Mapping

from gradtui.core.text import printable

ESC, BELL, END = "\x1b", "\x07", "\x1b\\"
DUMB = ("linux", "dumb", "unknown", "")
"""Values of TERM of terminals that are told nothing."""
BY_NINE = ("iTerm.app", "WezTerm", "ghostty", "WarpTerminal")
"""Values of TERM_PROGRAM of terminals that notify by OSC 9; others by OSC 777, if at all."""
LONGEST = 200
"""Characters of a title or a text."""
KEEP_TITLE, PUT_BACK_TITLE = "\x1b[22;2t", "\x1b[23;2t"


def title(words: str, environment: Mapping[str, str]) -> str:
    """The sequence that sets the title (OSC 2); "" where none is set."""
    if environment.get("TERM", "") in DUMB:
        return ""
    return f"{ESC}]2;{_plain(words)}{BELL}"


def notification(words: str, environment: Mapping[str, str]) -> str:
    """The sequence that has the terminal notify its person; "" where it cannot."""
    if environment.get("TERM", "") in DUMB:
        return ""
    text = _plain(words).replace(";", ",")
    by_nine = environment.get("TERM_PROGRAM", "") in BY_NINE
    told = f"{ESC}]9;{text}{END}" if by_nine else f"{ESC}]777;notify;gradtui;{text}{END}"
    if environment.get("TMUX"):
        return f"{ESC}Ptmux;{told.replace(ESC, ESC + ESC)}{END}"
    return told


def _plain(words: str) -> str:
    return printable(words)[:LONGEST]
