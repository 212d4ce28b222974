"""Pieces of code that several prescriptions are put together from."""

import math
from collections.abc import Iterable
from textwrap import dedent

from gradtui.health.prescriptions.seen import LAYERS, Seen

NAMED = 6
"""Layers named one by one; more are chosen by their type."""


def block(text: str) -> str:
    """A literal block of code without its indentation and blank ends."""
    return dedent(text).strip("\n")


def joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def indented(text: str, by: int = 4) -> str:
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))


def number(value: float) -> str:
    """One digit, as people write a setting: 0.03, 1e-05, 2."""
    if not math.isfinite(value) or value <= 0:
        return "1.0"
    short = float(f"{value:.0e}")
    return f"{short:.0e}" if short < 1e-4 or short >= 1e5 else f"{short:g}"


def step_of(value: float, least: float, most: float) -> float:
    """`value` as 1, 3, 10, 30, 100 .. between the two, rounded up."""
    for power in range(7):
        for digit in (1.0, 3.0):
            candidate = digit * 10.0**power
            if candidate >= 0.97 * value and candidate >= least:
                return min(candidate, most)
    return most


def classes(kinds: Iterable[str]) -> str:
    """A type or a tuple of types, as the second argument of isinstance; known kinds alone."""
    named = [f"torch.nn.{kind}" for kind in kinds]
    return named[0] if len(named) == 1 else f"({', '.join(named)})"


def layer_kinds(seen: Seen) -> tuple[str, ...]:
    """Which of LAYERS the model has; the commonest two where that is not known."""
    return tuple(kind for kind in LAYERS if kind in seen.kinds) or ("Linear", "Conv2d")


def each_layer(seen: Seen, body: str, *, some: bool = False) -> str:
    """A loop over the layers of the model, or over `some`: those of the finding, by name where
    they are few."""
    chosen = [row for row in seen.rows if row.kind in LAYERS]
    if some and 0 < len(chosen) <= NAMED and len(chosen) < len(seen.all_rows):
        names = "".join(f"{row.name!r}, " for row in chosen)
        names = f"({names.rstrip() if len(chosen) == 1 else names.rstrip(', ')})"
        head = f"for name in {names}:\n    layer = model.get_submodule(name)"
        return joined(head, indented(body))
    test = classes(layer_kinds(seen))
    head = f"for layer in model.modules():\n    if isinstance(layer, {test}):"
    return joined(head, indented(body, 8))
