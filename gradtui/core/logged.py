"""What a run is known by where another tool has logged it: which series, how often, and what is missing."""

from dataclasses import dataclass

NOTHING, TOTAL, LAYERS = "nothing", "total", "layers"
"""What a log holds of gradients: none of their norms, the total norm alone, or those of layers."""
GRADIENTS = (NOTHING, TOTAL, LAYERS)
LABELS = 16
"""Cells that a label takes where it is said, line by line, what a log holds."""
NO_NORMS = "no gradient norms in this log"


@dataclass(frozen=True, slots=True)
class Logged:
    """Where the facts of a run come from that gradtui has not recorded itself."""

    format: str
    """ "TensorBoard event files", ..."""
    path: str
    """The file or folder that was read."""
    gradients: str = NOTHING
    """One of GRADIENTS."""
    loss: bool = True
    """Whether the log holds the loss of training."""
    points: int = 0
    """Steps at which any of that was logged."""
    every: int = 0
    """Steps between two of them, in the middle; 0 where there are not two."""
    limits: tuple[str, ...] = ()
    """What the log does not tell, in clauses."""

    @property
    def pace(self) -> str:
        """ "every step", "every 50th step"; "" where one point does not tell."""
        if self.every <= 0:
            return ""
        return "every step" if self.every == 1 else f"every {ordinal(self.every)} step"

    @property
    def held(self) -> str:
        """What a verdict goes by: "loss and total gradient norm"."""
        norms = {TOTAL: "total gradient norm", LAYERS: "gradient norms of layers"}
        words = (["loss"] if self.loss else []) + [
            w for k, w in norms.items() if k == self.gradients
        ]
        return " and ".join(words)

    @property
    def covers(self) -> str:
        """ "by loss and total gradient norm, every 50th step"."""
        return f"by {self.held}" + (f", {self.pace}" if self.pace else "")


def ordinal(number: int) -> str:
    """ "2nd", "13th", "1,000th"."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{'th' if 10 < number % 100 < 14 else ending}"
