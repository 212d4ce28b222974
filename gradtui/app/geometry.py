"""Which of the six arrangements fits a terminal. Pure."""

from typing import Literal

Arrangement = Literal["tiny", "narrow", "stacked", "side", "wide", "broad"]
ARRANGEMENTS: tuple[Arrangement, ...] = (
    "tiny",
    "narrow",
    "stacked",
    "side",
    "wide",
    "broad",
)

SMALLEST = (40, 12)
BROAD, STORY_BROAD = 170, 132
"""Cells from which on there are three columns: lines that a program prints are long, a story is not."""
TALL = 42
"""Lines from which on two charts have room one above the other."""


def too_small(width: int, height: int) -> bool:
    """Whether there is room for nothing but a plea."""
    return width < SMALLEST[0] or height < SMALLEST[1]


def arrangement(width: int, height: int, broad: int = BROAD) -> Arrangement:
    """tiny: a plea for room; narrow: layers and verdict; stacked: layers above, tabs below;
    side: layers left, tabs right; wide: everything at once, layers and their history above the rest;
    broad: the rest in three columns, from `broad` cells on."""
    if too_small(width, height):
        return "tiny"
    if width < 80:
        return "narrow"
    if width < 110:
        return "stacked"
    if height < 30:
        return "side"
    return "wide" if width < broad else "broad"


def plea(width: int, height: int) -> str:
    """What a terminal that is too small says."""
    return f"too small, needs {SMALLEST[0]} x {SMALLEST[1]}\nthis is {width} x {height}\nq quits"
