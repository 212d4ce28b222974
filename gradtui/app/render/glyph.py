"""One character, one word and one meaning a state, so that colour never says anything alone."""

from typing import NamedTuple


class Sign(NamedTuple):
    """`glyph` in Unicode, `plain` in ASCII, `meaning` of `line.MEANINGS`, `word` for people."""

    glyph: str
    plain: str
    meaning: str
    word: str

    def char(self, ascii_only: bool) -> str:
        return self.plain if ascii_only else self.glyph


SIGNS: dict[str, Sign] = {
    "ok": Sign("●", "o", "healthy", "in the healthy band"),
    "low": Sign("◦", ".", "quiet", "small, and nothing is wrong"),
    "vanish": Sign("▼", "v", "vanish", "vanishing"),
    "explode": Sign("▲", "^", "explode", "exploding"),
    "nonfinite": Sign("✗", "!", "nonfinite", "not finite"),
    "skipped": Sign("~", "~", "warn", "step skipped by the loss scaler"),
    "zero": Sign("○", "0", "critical", "exactly zero"),
    "dead": Sign("†", "x", "dead", "dead units"),
    "saturated": Sign("≡", "=", "dead", "saturated"),
    "structural": Sign("·", ",", "quiet", "zero by construction"),
    "none": Sign("·", "-", "quiet", "no gradient"),
    "waiting": Sign("·", "-", "quiet", "nothing measured yet"),
}

SEVERITY: tuple[Sign, Sign, Sign] = (
    Sign("●", "o", "healthy", "ok"),
    Sign("▲", "!", "warn", "warning"),
    Sign("✗", "X", "critical", "critical"),
)
"""By `Severity`: OK, WARNING, CRITICAL."""
UNKNOWN = Sign("○", "?", "quiet", "not known")
"""Of a verdict that nothing is known against, nor for."""

RUN_SIGNS: tuple[Sign, ...] = tuple(
    Sign(glyph, str(number), f"run-{number - 1}", f"run {number}")
    for number, glyph in enumerate("●◆■★○◇□☆", start=1)
)
"""Of runs that are laid over one another. In ASCII the number is the glyph: it is the key that chooses it."""
MOST_RUNS = len(RUN_SIGNS)
"""As many as there are colours and glyphs that can be told apart."""

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII_BLOCKS = "._-=+*%#"
"""Eight levels, low to high. Lines of a table leave out the last: rows must not grow together."""


def blocks(ascii_only: bool) -> str:
    return ASCII_BLOCKS if ascii_only else BLOCKS
