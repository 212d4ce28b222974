"""The looks of the meanings that lines of text are drawn in, found out once for an app.

As component classes of each widget Textual would find them anew for every widget, whenever the styles of one
are: two thirds of the time that a screen takes to open.
"""

from typing import Any

from rich.style import Style
from textual.app import App

from gradtui.app.render.line import MEANINGS
from gradtui.app.themes import STYLED

COMPONENTS = {f"gt--{name}" for name in MEANINGS}
"""Component classes of an app whose widgets draw lines of text; `meaning_css` are their rules."""
_STYLED = [name for name in STYLED if name not in ("cursor", "alarm")]
"""Those two have grounds as well."""
NUMBERED = ("heat-", "run-", "range-")
"""How the colours of cells, of overlaid runs and of their ranges begin: they have no style."""


def meaning_css(app: str) -> str:
    """Rules for the COMPONENTS of the app class of that name."""
    rules = [f".gt--{name} {{ color: ${name}; text-style: ${name}-style; }}" for name in _STYLED]
    rules += [
        f".gt--{name} {{ color: ${name}; }}" for name in MEANINGS if name.startswith(NUMBERED)
    ]
    rules += [
        ".gt--quiet { color: $quiet; }",
        ".gt--strong { color: $strong; text-style: bold; }",
        ".gt--title { color: $primary; text-style: bold; }",
        ".gt--accent { color: $primary; }",
        ".gt--band { color: $quiet; background: $band; }",
        ".gt--cursor { background: $cursor; text-style: $cursor-style; }",
        ".gt--alarm { color: $alarm-text; background: $alarm; text-style: $alarm-style; }",
    ]
    return "\n".join(f"{app} > {rule}" for rule in rules)


def meaning_style(app: App[Any], meaning: str) -> Style:
    """What one of MEANINGS, or "a on b", adds to the look of plain text under the theme in force."""
    fore, _, ground = meaning.partition(" on ")
    style = Style()
    for name in (ground, fore):
        if name:
            style += app.get_component_styles(f"gt--{name}").partial_rich_style
    return style
