"""The names of what can be wrong, and how sure and how bad a verdict is."""

from enum import IntEnum

HEALTHY = "healthy"
CONVERGED = "converged"
UNDECIDED = "undecided"
"""In place of "healthy" where nothing was found, but not enough was seen either."""
TOO_EARLY = "too_early"
"""The same, where it is only that so few steps were taken."""
OPEN = (UNDECIDED, TOO_EARLY)
"""Verdicts that do not say whether anything is wrong."""

SYMPTOMS: dict[str, str] = {
    "nonfinite": "NaN or infinity in loss, gradients or weights",
    "exploding_gradient": "gradients far above the healthy band, or growing without bound",
    "fp16_underflow": "gradients too small for half precision: stored as exactly zero",
    "vanishing_gradient": "gradients too small for some or all layers to learn",
    "dead_relu": "units that output zero for every input and get no gradient",
    "saturated": "units pinned at the flat ends of their activation",
    "output_cannot_change": "the output does not depend on the parameters",
    "miswired": "parts of the program are put together wrongly; gradients do not do what the code means",
    "replica_drift": "one rank has other weights than its replicas, which agree to the bit",
    "clipping_dominates": "most steps are decided by the clip threshold",
    "badly_scaled": "very large but stable gradients: the loss or the targets need scaling",
    "oscillating_loss": "the loss jumps up and down without progress",
    "plateau": "the loss does not move",
    "not_learning": "no progress that the task allows, with gradients that look sound",
}
"""Symptom -> what it means in a few words, the most telling first."""

VERDICTS: tuple[str, ...] = (HEALTHY, CONVERGED, UNDECIDED, *SYMPTOMS)


class Severity(IntEnum):
    OK = 0
    WARNING = 1
    CRITICAL = 2

    @property
    def word(self) -> str:
        return self.name.lower()
