"""What a program has shown of itself by the time that its run is told of."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from gradtui.core.wiring import Faults
from gradtui.instrument.planned_steps import UNKNOWN as UNKNOWN_STEPS
from gradtui.instrument.planned_steps import PlannedSteps
from gradtui.instrument.task_inference import UNKNOWN, TaskFacts


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """What has been seen of a run by the time of its first step. A game of several optimizers has no
    task."""

    task_facts: TaskFacts = UNKNOWN
    clip: str = ""
    clip_value: float | None = None
    scaled: bool = False
    begun: bool = False
    """Whether any step has been taken."""
    attached: int | None = None
    """As in `RunInfo`."""
    planned: PlannedSteps = UNKNOWN_STEPS
    replayed: bool = False
    """Whether steps are replayed from a CUDA graph."""
    faults: Faults = ()
    """What the first steps have shown."""


def precision(tensors: Sequence[Tensor], known: ProgramFacts) -> str:
    """In a word, as a scenario has it, or "autocast" where it is not seen which one."""
    kinds = sorted({str(t.dtype).removeprefix("torch.") for t in tensors})
    if kinds == ["float32"]:
        return known.task_facts.half or ("autocast" if known.scaled else "float32")
    return ", ".join(kinds)
