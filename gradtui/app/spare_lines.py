"""When the layers have the lines that findings do not need: while all is well, and not back and forth."""

from gradtui.app.view import View
from gradtui.app.widgets.changes import is_live
from gradtui.core.symptom import CONVERGED, HEALTHY

CALM = 20
"""Views of a run that goes on, one after the other, in which it has to be healthy."""
TIMES = 2
"""How often the lines are given in a run: findings that come and go are not to move the screen."""


class SpareLines:
    """`see` each view; `given` is whether the layers have them."""

    def __init__(self) -> None:
        self.given = False
        self._calm = self._times = 0

    def see(self, view: View) -> bool:
        if view.layout is None:  # another run
            self.given = False
            self._calm = self._times = 0
        if view.scrubbing or view.layout is None:
            return self.given  # of another step there may be findings: the screen stays as it is
        well = view.diagnosis.verdict in (HEALTHY, CONVERGED) and view.reference is None
        self._calm = self._calm + 1 if well else 0
        if not well:
            self.given = False
        elif not self.given and self._times < TIMES and (self._calm >= CALM or not is_live(view)):
            self.given = True
            self._times += 1
        return self.given


def lines_for(rows: int, head: int, body: int, least: int) -> int | None:
    """Lines for so many rows below `head` lines of `body`, of which the rest keeps `least`; None where three
    fifths, which they have anyway, are enough."""
    wanted = min(rows + head, body - least)
    return wanted if wanted > body * 3 // 5 else None
