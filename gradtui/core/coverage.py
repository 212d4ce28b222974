"""What a verdict rests on, and how it says so: healthy is said of what was seen, and of no more."""

from dataclasses import dataclass

NEARLY = 1.05
"""Steps for each that is measured, below which nearly every one is."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a run was seen. All of it unless something else is known."""

    taken: int = 0
    """Steps that the optimizers took, as far as is known."""
    measured: int = 0
    """Those of them whose gradients were measured."""
    tensors: int = 0
    """Parameters that were seen."""
    unseen: int = 0
    """Parameters of the same models that were not."""
    until: int | None = None
    """The last step that is known, where the run went on or might have."""
    logged: str = ""
    """What a verdict on the log of another tool goes by."""

    @property
    def whole(self) -> bool:
        return self.until is None and not self.unseen and self.measured >= self.taken

    @property
    def pace(self) -> str:
        """ "every step", "nearly every step", "9 steps in 10", "1 step in 7"; "" where no step is known."""
        if self.taken <= 0:
            return ""
        if self.measured >= self.taken:
            return "every step"
        if self.measured <= 0:
            return "no step"
        every = self.taken / self.measured
        if every < NEARLY:
            return "nearly every step"
        if every < 1.5:
            return f"{round(10 / every)} steps in 10"
        return f"1 step in {round(every):,}"


def covered(word: str, coverage: Coverage) -> str:
    """A verdict with what it covers: "healthy", "healthy until step 412", "healthy in the 12 of 40
    tensors seen", "healthy, 85 of 250 steps measured", or all of that; of a log "healthy by loss and total
    gradient norm, every 50th step"."""
    if coverage.logged:
        return f"{word} {coverage.logged}"
    out = word
    if coverage.until is not None:
        out += f" until step {coverage.until:,}"
    if coverage.unseen > 0:
        whole = coverage.tensors + coverage.unseen
        out += f" in the {coverage.tensors:,} of {whole:,} tensors seen"
    if coverage.measured < coverage.taken:
        out += f", {coverage.measured:,} of {coverage.taken:,} steps measured"
    return out
