"""Which verdicts on a run that goes on are acted on."""

NONFINITE, SICK = "nonfinite", "sick"
WAYS = (NONFINITE, SICK)
"""How bad a run has to be for something to be done: not finite, or any finding."""
STAYS = "nonfinite"
"""The symptom that never passes again."""


class Confirmation:
    """A verdict counts where two looks one after the other, with further steps between them, come to it: one
    that passes does nothing. A NaN counts at once."""

    def __init__(self) -> None:
        self._before: tuple[str, int] | None = None

    def passed(self) -> None:
        """A look has come to nothing that counts."""
        self._before = None

    def counts(self, verdict: str, steps: int) -> bool:
        """A look has come to `verdict` after so many steps."""
        before, self._before = self._before, (verdict, steps)
        if verdict == STAYS:
            return True
        return before is not None and before[0] == verdict and before[1] < steps
