"""The name of a theme, held against those there are."""

from gradtui.core.errors import UsageError
from gradtui.core.text import did_you_mean, printable

PREFIX = "gradtui-"
"""Of the themes' names inside the app, where Textual's own are as well; nobody needs to type it."""


def checked_theme(name: str) -> str | None:
    """A theme's name as the app takes it, None for its default; "mono" is short for "gradtui-mono".
    Imports Textual. Raises UsageError."""
    if not name:
        return None
    from gradtui.app.themes import THEMES

    known = [theme.name for theme in THEMES]
    if name in known:
        return name
    short = [full.removeprefix(PREFIX) for full in known]
    spelt = name.replace("color", "colour")
    if spelt in short:
        return PREFIX + spelt
    hint = did_you_mean(name, [*known, *short]) or f": choose from {', '.join(short)}."
    raise UsageError(f"there is no theme '{printable(name)}'{hint}")
