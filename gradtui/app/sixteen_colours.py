"""The themes for terminals of sixteen colours. Those nearest to the usual ones are no longer apart.

Of the greens and blues of the dark theme most are nearest to white there.
"""

from dataclasses import replace

from textual.theme import Theme

from gradtui.app.themes import HEAT, RANGES, RUNS, THEMES

PALETTE = (
    *("#000000", "#aa0000", "#00aa00", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#aaaaaa"),
    *("#555555", "#ff5555", "#55ff55", "#ffff55", "#5555ff", "#ff55ff", "#55ffff", "#ffffff"),
)
"""As the colours are taken for when others are brought down to them, by number."""

ON_BLACK = {
    "background": 0,
    "surface": 0,
    "panel": 8,
    "foreground": 15,
    "primary": 14,
    "secondary": 7,
    "accent": 13,
    "warning": 11,
    "error": 9,
    "success": 10,
    "healthy": 10,
    "warn": 11,
    "critical": 9,
    "vanish": 14,
    "explode": 3,
    "nonfinite": 13,
    "dead": 5,
    "quiet": 7,
    "strong": 15,
    "band": 0,
    "reference": 13,
    "cursor": 4,
    "alarm": 5,
    "alarm-text": 15,
}
ON_WHITE = ON_BLACK | {
    "background": 15,
    "surface": 15,
    "panel": 7,
    "foreground": 0,
    "primary": 4,
    "secondary": 8,
    "accent": 5,
    "warning": 3,
    "error": 1,
    "success": 2,
    "healthy": 2,
    "warn": 3,
    "critical": 1,
    "vanish": 4,
    "nonfinite": 5,
    "quiet": 8,
    "strong": 0,
    "band": 15,
    "reference": 5,
    "cursor": 7,
}
SAFE = ON_BLACK | {"success": 14, "healthy": 14, "vanish": 12, "explode": 11, "nonfinite": 7}
"""Without green beside red."""
CHANGED: dict[str, tuple[dict[str, int], str, str, str]] = {
    "gradtui-dark": (
        ON_BLACK,
        "4 12 14 6 2 10 11 3 9",
        "14 11 10 13 12 9 7 15",
        "6 3 2 5 4 1 8 8",
    ),
    "gradtui-light": (
        ON_WHITE,
        "4 12 14 6 2 10 11 3 1",
        "4 3 2 5 6 1 8 0",
        "12 11 10 13 14 9 7 7",
    ),
    "gradtui-colour-blind": (
        SAFE,
        "8 4 12 6 14 15 11 3 9",
        "14 3 6 11 13 9 12 15",
        "6 8 8 3 5 1 4 7",
    ),
}
"""By theme: colours by meaning, of the heat map, of runs and of their ranges. Greys are so many already."""


def sixteen(theme: Theme) -> Theme:
    """The same theme in colours of PALETTE."""
    if theme.name not in CHANGED:
        return theme
    numbers, heat, runs, ranges = CHANGED[theme.name]
    numbers = dict(numbers)
    for names, row in ((HEAT, heat), (RUNS, runs), (RANGES, ranges)):
        numbers |= zip(names, map(int, row.split()), strict=True)
    colours = {name: PALETTE[number] for name, number in numbers.items()}
    return replace(
        theme,
        primary=colours["primary"],
        secondary=colours["secondary"],
        accent=colours["accent"],
        warning=colours["warning"],
        error=colours["error"],
        success=colours["success"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        variables=theme.variables | {k: v for k, v in colours.items() if k in theme.variables},
    )


SIXTEEN = tuple(map(sixteen, THEMES))
