"""What the doctor says."""

from dataclasses import dataclass

from gradtui.core.symptom import CONVERGED, HEALTHY, OPEN, UNDECIDED, Severity
from gradtui.doctor.remedy import Remedy

TOO_FEW = "too few steps to tell"
UNSEEN_LOSS = "no loss was seen, so nothing tells whether it learns"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, with the numbers that show it."""

    symptom: str
    severity: Severity
    first_step: int
    """The step from which it holds."""
    evidence: str
    """One sentence of numbers."""
    cause: str
    """One sentence."""
    remedies: tuple[Remedy, ...]
    """What to do, the most promising first."""
    rows: tuple[int, ...] = ()
    """Indices into `Layout.rows`; empty when it concerns the whole run."""
    layers: tuple[str, ...] = ()
    """The names of `rows`."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    verdict: str
    """The symptom of the first finding, or "healthy", "converged", "undecided" or "too_early"."""
    severity: Severity
    step: int
    """The last step that was looked at."""
    findings: tuple[Finding, ...] = ()
    """The most telling first."""
    notes: tuple[str, ...] = ()
    """What looks odd and is not: a calibrating loss scaler, structural zeros, one odd batch."""
    why: str = ""
    """What keeps a run from being called healthy that is not decided, a clause."""

    @property
    def healthy(self) -> bool:
        """Nothing is wrong as far as can be told; see `decided` for whether it can."""
        return self.verdict in (HEALTHY, CONVERGED, *OPEN)

    @property
    def decided(self) -> bool:
        return self.verdict not in OPEN


NOTHING_SEEN = Diagnosis(UNDECIDED, Severity.OK, -1, why="nothing was seen")
"""Before the first step: nothing seen, nothing said."""
