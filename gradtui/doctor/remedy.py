"""What a remedy is: its words, the lines of code for a program, when it applies, who says so."""

from collections.abc import Callable
from dataclasses import dataclass

from gradtui.doctor.program_seen import ProgramSeen


@dataclass(frozen=True, slots=True)
class CodeLines:
    """A remedy's lines for one program."""

    place: str
    """Where they go: one of the PLACES of a training script."""
    code: str
    """Lines of Python, complete but for `import torch`."""
    expect: str
    """What should be seen once it is done, in a few words."""
    also: tuple[tuple[str, str], ...] = ()
    """Further (place, code) that belong to it: one change alone would not do."""
    changes: bool = True
    """False for lines that only look, where what to change must be decided by whoever sees it."""


def always(seen: ProgramSeen) -> bool:
    del seen
    return True


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that can be done. Where each one is defined its code builder is."""

    id: str
    """Stays the same when its words change."""
    text: str
    """What is changed, in a sentence that holds for any program."""
    code: Callable[[ProgramSeen], CodeLines | None]
    """Builds its lines; None where there are none for this program."""
    applies: Callable[[ProgramSeen], bool] = always
    """Whether there is anything in this program that it could change."""
    source: str = ""
    """Who has shown that it works; "" where it follows from how PyTorch computes."""

    def __str__(self) -> str:
        return self.text
