"""Words for people: text from files made safe to print, and the nearest name to a misspelt one."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

LONGEST_SHOWN = 60


def printable(text: str) -> str:
    """`text` with everything a terminal could obey (escapes, line ends, bidi marks) spelt out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _spelt(c) for c in text)


def _spelt(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def shown(value: object) -> str:
    """A value as an error sentence quotes it: short, on one line, in TOML's spelling of booleans."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    try:
        words = repr(value)
    except ValueError:  # Python refuses to spell out integers of more than 4300 digits
        return "a number of thousands of digits"
    words = printable(words)
    return words if len(words) <= LONGEST_SHOWN else words[: LONGEST_SHOWN - 3] + "..."


def listed(names: Sequence[str], most: int) -> str:
    """ "a, b and 3 more": the first `most` of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ ": did you mean 'x'?" for the closest known word, or nothing."""
    close = get_close_matches(word.lower(), list(known), n=1)
    return f": did you mean {close[0]!r}?" if close else ""
