"""Pieces of code that several prescriptions are put together from."""

import math
from collections.abc import Iterable, Sequence
from textwrap import dedent

from gradtui.core.layout import RowInfo
from gradtui.doctor.program_seen import LAYERS, ProgramSeen

NAMED = 4
"""Names that are written out; of more, the first and the last."""


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
    """`value` as 1, 2, 5, 10, 20 .. between the two, rounded up."""
    for power in range(7):
        for digit in (1.0, 2.0, 5.0):
            candidate = digit * 10.0**power
            if candidate >= 0.97 * value and candidate >= least:
                return min(candidate, most)
    return most


def quoted(names: Sequence[str]) -> str:
    """For a comment: '0', '2' and '4'; '0' to '14'. What is odd in a name is escaped."""
    if len(names) > NAMED:
        return f"{names[0]!r} to {names[-1]!r}"
    words = [repr(name) for name in names]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def classes(kinds: Iterable[str]) -> str:
    """A type or a tuple of types, as the second argument of isinstance; known kinds alone."""
    named = [f"torch.nn.{kind}" for kind in kinds]
    return named[0] if len(named) == 1 else f"({', '.join(named)})"


def layer_kinds(seen: ProgramSeen) -> tuple[str, ...]:
    """Which of LAYERS the model has; the commonest two where that is not known."""
    return tuple(kind for kind in LAYERS if kind in seen.kinds) or ("Linear", "Conv2d")


def layers(seen: ProgramSeen) -> list[RowInfo]:
    """The rows that a loop over `layer_kinds` comes to, input side first."""
    return [row for row in seen.all_rows if row.kind in LAYERS]


def each_layer(seen: ProgramSeen, body: str) -> str:
    """A loop over the layers of the model."""
    found = layers(seen)
    note = f"  # {quoted([row.name for row in found])}" if found else ""
    test = classes(layer_kinds(seen))
    head = f"for layer in model.modules():{note}\n    if isinstance(layer, {test}):"
    return joined(head, indented(body, 8))


def fill_bias(seen: ProgramSeen, call: str) -> str:
    """`call` for the bias of `layer`, as far as the layers of the model have one."""
    found = [seen.has_bias(row) for row in layers(seen)]
    if found and not any(found):
        return ""
    return call if found and all(found) else f"if layer.bias is not None:\n    {call}"
