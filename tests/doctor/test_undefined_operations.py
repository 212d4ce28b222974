"""What is said of a NaN: the operation where it is known, and no shorter steps where they are no help."""

from dataclasses import replace
from typing import Any

import pytest

from gradtui.core.autopsy import Autopsy, Span
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.doctor.finding import Finding
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.rules.undefined_operations import BETWEEN_CAUSE
from tests.doctor.prescribed import ADVICE
from tests.doctor.test_rules import CHANCE, made, told

LOOK, SHORTER = ADVICE["nonfinite_forward"]
LOSS = ADVICE["nonfinite_loss"][0]
SMALL, WIDE = Span(0.0, 6.0, 0, 64), Span(0.0, 1e30, 0, 64)


def found(seen: NonFinite, loss: float = float("nan")) -> tuple[Finding, Any]:
    def broken(s: Snapshot) -> Snapshot:
        if s.step < 40:
            return s
        return replace(s, loss=loss, nonfinite=seen if s.step == 40 else None)

    history = made(45, lambda step: 0.5, loss=lambda step: CHANCE * 0.99**step, change=broken)
    return told(history).findings[-1], history.facts()


def forward(module: str = "", **autopsy: Any) -> NonFinite:
    tensor = "output" if module else "loss"
    known = Autopsy(40, "forward", module, tensor=tensor, **autopsy)
    return NonFinite(40, "forward", module, tensor, known)


@pytest.mark.parametrize(
    ("seen", "cause", "remedies"),
    [
        (
            forward(operation="div", words="division by 8 zeros among 8 values"),
            "div in the loss function has no finite result for what it was given",
            (LOSS,),
        ),
        (
            forward(
                "layers.0", kind="Mine", operation="div", words="gave NaN in div", inputs=SMALL
            ),
            "div in layers.0 (Mine) has no finite result for what it was given",
            (LOOK,),
        ),
        (
            forward("layers.0", kind="Attn", words="gave NaN from finite inputs", inputs=SMALL),
            "an operation in layers.0 (Attn) is not defined for what it was given",
            (LOOK,),
        ),
        (
            forward("layers.0", operation="mm", words="gave infinity in mm", inputs=WIDE),
            "mm in layers.0 overflowed, or is not defined for what it was given",
            (LOOK, SHORTER),
        ),
        (
            forward(operation="nll_loss", words="nll_loss gave NaN", inputs=SMALL),
            "nll_loss in the loss function has no finite result for what it was given",
            (LOSS,),
        ),
        (
            forward(operation="exp", words="exp of 3 values up to 99", inputs=WIDE),
            "exp in the loss function overflowed, or is not defined for what it was given",
            (LOSS, SHORTER),
        ),
        (
            NonFinite(40, "forward", "", "loss"),
            "something in the loss function overflowed or is undefined; which operation it was is not "
            "known",
            (LOSS, SHORTER),
        ),
        (
            NonFinite(40, "forward", "", ""),
            "something in the forward pass overflowed or is undefined; what it was is not known",
            (LOOK, SHORTER),
        ),
    ],
)
def test_the_cause_names_what_is_known(
    seen: NonFinite, cause: str, remedies: tuple[Remedy, ...]
) -> None:
    finding, _ = found(seen)
    assert finding.cause == cause
    assert finding.remedies == remedies


def test_without_an_operation_the_lines_look_at_what_the_loss_is_given() -> None:
    finding, facts = found(forward(operation="nll_loss", words="nll_loss gave NaN", inputs=SMALL))
    (look,) = prescribe(finding, facts)
    assert not look.changes
    assert '("targets", targets)' in look.code


def test_gradients_that_are_sound_when_run_again_were_edited() -> None:
    again = Autopsy(
        40, "", words="running the step once more gave finite numbers", reproduced=False
    )
    finding, facts = found(NonFinite(40, "backward", "layers.3", "layers.3.bias", again), 1.0)
    assert finding.cause == BETWEEN_CAUSE
    assert finding.remedies == ADVICE["nonfinite_between"]
    assert "detect_anomaly" not in prescribe(finding, facts)[0].code
    other = replace(again, words="no call of a model was seen in this step")
    finding, _ = found(NonFinite(40, "backward", "layers.3", "layers.3.bias", other), 1.0)
    assert finding.remedies == ADVICE["nonfinite_backward"]
