"""Themes by meaning: which colour and which text style stands for healthy, vanishing, NaN.

Stylesheets of the widgets read the variables below, so an app must offer `VARIABLES` as its
`get_theme_variable_defaults()` and register `THEMES`. Every meaning also has a glyph or a word.
"""

from typing import Any

from textual.app import App
from textual.color import Color
from textual.theme import Theme

DEFAULT = "gradtui-dark"

HEAT = tuple(f"heat-{i}" for i in range(9))
"""Colours from far below the healthy band (0) over the band (3..5) to far above it (8)."""

RUNS = tuple(f"run-{i}" for i in range(8))
"""Colours of runs that are overlaid: told apart by hue, and where that does not do by their glyphs."""

RANGES = tuple(f"range-{i}" for i in range(8))
"""The same, of the ranges that their lines run in."""
OF_THE_GROUND = 0.6
"""How much of the background is in the colour of a range: its line stands out from it."""

HEAT_BY_SHAPE = "heat-by-shape"
"""Variable that is "True" where nine greys cannot be told apart and heights must do."""


def _variables(
    colours: dict[str, str],
    heat: str,
    runs: str,
    styles: dict[str, str],
    ground: str,
    shapes: bool = False,
) -> dict[str, str]:
    """`ground` is the background of the theme."""
    out = dict(colours)
    out.update(zip(RUNS, runs.split(), strict=True))
    for name, colour in zip(RANGES, runs.split(), strict=True):
        out[name] = Color.parse(colour).blend(Color.parse(ground), OF_THE_GROUND).hex
    out[HEAT_BY_SHAPE] = str(shapes)
    out.update(zip(HEAT, heat.split(), strict=True))
    for name in STYLED:
        out[f"{name}-style"] = styles.get(name, _PLAIN.get(name, "none"))
    return out


def heat_by_shape(app: App[Any]) -> bool:
    """Whether levels of a heat map are told apart by height: there are no colours, or too few."""
    return bool(app.no_color or app.theme_variables.get(HEAT_BY_SHAPE) == "True")


STYLED = (
    "healthy",
    "warn",
    "critical",
    "vanish",
    "explode",
    "nonfinite",
    "dead",
    "reference",
    "cursor",
    "alarm",
)
_PLAIN = {"critical": "bold", "nonfinite": "bold", "alarm": "bold"}

DARK = Theme(
    name="gradtui-dark",
    primary="#7aa2f7",
    secondary="#9aa5ce",
    accent="#bb9af7",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8d0e8",
    background="#12141c",
    surface="#171a24",
    panel="#232838",
    dark=True,
    variables=_variables(
        {
            "healthy": "#8fcf76",
            "warn": "#e6b566",
            "critical": "#ff6f83",
            "vanish": "#6aa8ff",
            "explode": "#ff9350",
            "nonfinite": "#ff5fd2",
            "dead": "#a08fc8",
            "quiet": "#76809e",
            "strong": "#eef1fb",
            "band": "#1b2a26",
            "reference": "#d0a6ff",
            "cursor": "#2a3350",
            "alarm": "#7c1d4e",
            "alarm-text": "#ffffff",
        },
        "#2440a8 #3a6ce0 #6aa8ff #2f7d5b #4fae6e #8fcf76 #e6c35a #ff9350 #ff5a4a",
        "#7aa2f7 #ff9e64 #9ece6a #e06cc8 #2ac3de #e0c95a #f7768e #c8d0e8",
        {},
        "#12141c",
    ),
)

LIGHT = Theme(
    name="gradtui-light",
    primary="#2f5fd0",
    secondary="#56618a",
    accent="#7a3fc0",
    warning="#9a6200",
    error="#b3203a",
    success="#2f7d1f",
    foreground="#20242f",
    background="#fafafa",
    surface="#f3f4f7",
    panel="#e2e5ec",
    dark=False,
    variables=_variables(
        {
            "healthy": "#2f7d1f",
            "warn": "#8f5b00",
            "critical": "#b3203a",
            "vanish": "#1c5bd6",
            "explode": "#b84a00",
            "nonfinite": "#a3007a",
            "dead": "#6a4c9c",
            "quiet": "#667089",
            "strong": "#000000",
            "band": "#dff0dc",
            "reference": "#7a3fc0",
            "cursor": "#cfdcf8",
            "alarm": "#a3007a",
            "alarm-text": "#ffffff",
        },
        "#0b2a8a #1c5bd6 #6fa0f0 #9fd5a8 #5cb56a #2f8f3f #e0b33c #e07a2c #b3203a",
        "#2f5fd0 #a84400 #2f7d1f #a3007a #006e7d #7d6200 #b3203a #20242f",
        {},
        "#fafafa",
    ),
)

# Okabe and Ito's eight colours: told apart under every common colour-vision deficiency.
SAFE = Theme(
    name="gradtui-colour-blind",
    primary="#56b4e9",
    secondary="#9aa5b1",
    accent="#cc79a7",
    warning="#f0e442",
    error="#d55e00",
    success="#009e73",
    foreground="#d8dce4",
    background="#101216",
    surface="#16191f",
    panel="#252a33",
    dark=True,
    variables=_variables(
        {
            "healthy": "#56b4e9",
            "warn": "#f0e442",
            "critical": "#e8772e",
            "vanish": "#5a94d8",
            "explode": "#e69f00",
            "nonfinite": "#e48fbe",
            "dead": "#a8b0ba",
            "quiet": "#7f8894",
            "strong": "#ffffff",
            "band": "#12262f",
            "reference": "#f0e442",
            "cursor": "#2a3340",
            "alarm": "#cc79a7",
            "alarm-text": "#000000",
        },
        "#06304e #0a5288 #0072b2 #2f8fc4 #56b4e9 #9bd4f5 #f0e442 #e69f00 #d55e00",
        "#56b4e9 #e69f00 #009e73 #f0e442 #cc79a7 #e8772e #8c9eff #ffffff",
        {"nonfinite": "bold reverse"},
        "#101216",
    ),
)

MONO = Theme(
    name="gradtui-mono",
    primary="#c8c8c8",
    secondary="#a0a0a0",
    accent="#ffffff",
    warning="#d8d8d8",
    error="#ffffff",
    success="#c8c8c8",
    foreground="#c8c8c8",
    background="#101010",
    surface="#161616",
    panel="#262626",
    dark=True,
    variables=_variables(
        {
            "healthy": "#b0b0b0",
            "warn": "#e0e0e0",
            "critical": "#ffffff",
            "vanish": "#909090",
            "explode": "#ffffff",
            "nonfinite": "#ffffff",
            "dead": "#909090",
            "quiet": "#868686",
            "strong": "#ffffff",
            "band": "#202020",
            "reference": "#e8e8e8",
            "cursor": "#3a3a3a",
            "alarm": "#ffffff",
            "alarm-text": "#000000",
        },
        "#303030 #404040 #505050 #707070 #808080 #909090 #b8b8b8 #d8d8d8 #ffffff",
        "#ffffff #a8a8a8 #d0d0d0 #8c8c8c #e8e8e8 #b8b8b8 #989898 #c4c4c4",
        {
            "warn": "underline",
            "critical": "bold",
            "explode": "bold",
            "nonfinite": "bold reverse",
            "vanish": "italic",
        },
        "#101010",
        shapes=True,
    ),
)

THEMES: tuple[Theme, ...] = (DARK, LIGHT, SAFE, MONO)

VARIABLES: dict[str, str] = dict(DARK.variables)
"""For `App.get_theme_variable_defaults`: without them the widgets' stylesheets do not parse."""
