"""What a prescription is: a remedy as code, and where the code goes."""

from dataclasses import dataclass

DATA = "where the data are prepared"
MODEL = "after the model is built, before the optimizer is"
OPTIMIZER = "after the optimizer is built"
OPERATION = "where the operation is that is named, in place of it"
LOSS = "after the loss is computed, before loss.backward()"
STEP = "between loss.backward() and optimizer.step()"
AFTER = "after optimizer.step()"

PLACES = (DATA, MODEL, OPTIMIZER, OPERATION, LOSS, STEP, AFTER)
"""Places in a training script, in the order in which it comes to them. The lines call its parts
model, optimizer, loss, inputs and targets."""


@dataclass(frozen=True, slots=True)
class Prescription:
    """A remedy as code."""

    remedy: str
    """What is changed, in words: the sentence of the finding."""
    place: str
    """Where the lines go: one of PLACES."""
    code: str
    """Lines of Python, complete but for `import torch`."""
    expect: str
    """What should be seen once it is done, in a few words."""
    also: tuple[tuple[str, str], ...] = ()
    """Further (place, code) that belong to it: one change alone would not do."""
    changes: bool = True
    """False for lines that only look, where what to change must be decided by whoever sees it."""


@dataclass(frozen=True, slots=True)
class CodeLines:
    """What a builder makes of what was seen; the remedy in words is added by `prescribe`."""

    place: str
    code: str
    expect: str
    also: tuple[tuple[str, str], ...] = ()
    changes: bool = True


def parts(prescription: Prescription) -> tuple[tuple[str, str], ...]:
    """(place, code) of all that belongs to it, as a script comes to them."""
    every = ((prescription.place, prescription.code), *prescription.also)
    return tuple(sorted(every, key=lambda part: PLACES.index(part[0])))
