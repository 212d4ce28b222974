"""What a prescription is: a remedy as code, and where the code goes."""

from dataclasses import dataclass

from gradtui.doctor.remedy import CodeLines, Remedy

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription(CodeLines):
    """A remedy as code."""

    remedy: Remedy
    """What is changed."""


def parts(prescription: Prescription) -> tuple[tuple[str, str], ...]:
    """(place, code) of all that belongs to it, as a script comes to them."""
    every = ((prescription.place, prescription.code), *prescription.also)
    return tuple(sorted(every, key=lambda part: PLACES.index(part[0])))
