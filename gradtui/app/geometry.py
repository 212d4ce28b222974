"""Which of the five arrangements fits a terminal. Pure."""

from typing import Literal

Arrangement = Literal["tiny", "narrow", "stacked", "side", "wide"]
ARRANGEMENTS: tuple[Arrangement, ...] = ("tiny", "narrow", "stacked", "side", "wide")

SMALLEST = (40, 12)


def arrangement(width: int, height: int) -> Arrangement:
    """tiny: a plea for room; narrow: layers and verdict; stacked: layers above, tabs below;
    side: layers left, tabs right; wide: everything at once."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return "tiny"
    if width < 80:
        return "narrow"
    if width < 110:
        return "stacked"
    return "wide" if height >= 30 else "side"


def plea(width: int, height: int) -> str:
    """What a terminal that is too small says."""
    return f"too small, needs {SMALLEST[0]} x {SMALLEST[1]}\nthis is {width} x {height}\nq quits"
