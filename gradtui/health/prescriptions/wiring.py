"""What is wired wrongly: layers that pass nothing on, steps without gradients."""

from gradtui.health.prescriptions.code import block
from gradtui.health.prescriptions.prescription import MODEL, STEP, Lines
from gradtui.health.prescriptions.seen import Seen


def zero_layers(seen: Seen) -> Lines:
    """Which weights are zero, and which of them may not change."""
    del seen
    code = block("""
        for name, weight in model.named_parameters():
            if weight.ndim > 1 and not weight.any():
                print(name, "is zero", "" if weight.requires_grad else "and frozen")
    """)
    expect = "no line at all; a frozen one: weight.requires_grad_(True), or load its values"
    return Lines(MODEL, code, expect, changes=False)


def order_of_zero_grad(seen: Seen) -> Lines:
    """The three calls in the order that works."""
    del seen
    code = block("""
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    """)
    return Lines(
        STEP, code, "gradients above zero at every layer, and a loss that falls", changes=False
    )
