"""The name of a theme, held against those there are."""

from gradtui.core.errors import UsageError
from gradtui.core.text import did_you_mean, printable


def checked_theme(name: str) -> str | None:
    """A theme's name as the app takes it, None for its default. Imports Textual."""
    if not name:
        return None
    from gradtui.tui.themes import THEMES

    known = [theme.name for theme in THEMES]
    if name in known:
        return name
    hint = did_you_mean(name, known) or f": choose from {', '.join(known)}."
    raise UsageError(f"there is no theme '{printable(name)}'{hint}")
