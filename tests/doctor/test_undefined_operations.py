"""What is said of a NaN: the operation where it is known, and no shorter steps where they are no help."""

from dataclasses import replace
from typing import Any

import pytest

from gradtui.core.autopsy import Argument, Autopsy, Span
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.doctor.finding import Finding
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedy import Remedy
from gradtui.doctor.rules.undefined_operations import BETWEEN_CAUSE
from tests.doctor.prescribed import ADVICE
from tests.doctor.test_rules import CHANCE, made, told

LOOK, SHORTER = ADVICE["nonfinite_forward"]
LOSS = ADVICE["nonfinite_loss"][0]
EXP, DIVISION = ADVICE["operation_exp"][0], ADVICE["operation_division"][0]
LABELS, LARGE = ADVICE["operation_labels"][0], ADVICE["operation_large"][0]
SMALL, WIDE = Span(0.0, 6.0, 0, 64), Span(0.0, 1e30, 0, 64)


def found(
    seen: NonFinite, loss: float = float("nan"), *, growth: float = 1.0, **info: Any
) -> tuple[Finding, Any]:
    """`growth` of norms at each of 40 steps before it is seen."""

    def broken(s: Snapshot) -> Snapshot:
        if s.step < 40:
            return s
        return replace(s, loss=loss, nonfinite=seen if s.step == 40 else None)

    size = lambda step: 0.5 * growth**step  # noqa: E731
    history = made(45, size, loss=lambda step: CHANCE * 0.99**step, change=broken, **info)
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
            "div in the loss function divides by zero",
            (DIVISION,),
        ),
        (
            forward(
                "layers.0", kind="Mine", operation="div", words="gave NaN in div", inputs=SMALL
            ),
            "div in layers.0 (Mine) divides by zero",
            (DIVISION,),
        ),
        (
            forward("layers.0", kind="Attn", words="gave NaN from finite inputs", inputs=SMALL),
            "an operation in layers.0 (Attn) is not defined for what it was given",
            (LOOK,),
        ),
        (
            forward("layers.0", operation="mm", words="gave infinity in mm", inputs=WIDE),
            "mm in layers.0 overflowed: the numbers that it was given are too large",
            (LARGE,),
        ),
        (
            forward(operation="nll_loss", words="nll_loss gave NaN", inputs=SMALL),
            "nll_loss in the loss function is a mean over no label at all: every one is ignored, or has "
            "weight 0",
            (LABELS,),
        ),
        (
            forward(operation="exp", words="exp of 3 values up to 99", inputs=WIDE),
            "exp in the loss function overflowed: what it was given is too large for it",
            (EXP,),
        ),
        (
            NonFinite(40, "forward", "", "loss"),
            "something in the loss function overflowed or is undefined; which operation it was is not "
            "known",
            (LOSS,),
        ),
        (
            NonFinite(40, "forward", "", ""),
            "something in the forward pass overflowed or is undefined; what it was is not known",
            (LOOK,),
        ),
    ],
)
def test_the_cause_names_what_is_known(
    seen: NonFinite, cause: str, remedies: tuple[Remedy, ...]
) -> None:
    finding, _ = found(seen)
    assert finding.cause == cause
    assert finding.remedies == remedies


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (forward("layers.0", operation="exp", words="gave infinity in exp"), (EXP, SHORTER)),
        (forward("layers.0", operation="mm", words="gave infinity in mm"), (LARGE, SHORTER)),
        (forward(operation="div", words="division by 3 zeros"), (DIVISION,)),
    ],
)
def test_shorter_steps_are_advised_where_norms_grew(
    seen: NonFinite, expected: tuple[Remedy, ...]
) -> None:
    finding, _ = found(seen, growth=1.2)
    assert finding.remedies == expected


@pytest.mark.parametrize(
    ("told_of", "cause", "remedy"),
    [
        (
            {
                "operation": "pow",
                "words": "pow was given NaN in 3 of 9 that are left out behind it",
            },
            "the targets hold NaN that is left out only behind pow: on the way back 0 times NaN is NaN",
            "operation_targets",
        ),
        (
            {"operation": "sqrt", "words": "the slope of sqrt is not finite at 3"},
            "the backward of sqrt in the loss function has an infinite slope at 0",
            "operation_root",
        ),
        (
            {"operation": "linalg_svd", "words": "3 of 3 singular values equal the next one"},
            "linalg_svd in the loss function has no slope where two singular values are equal",
            "operation_values",
        ),
        (
            {"operation": "Lost", "words": "most likely the backward of Lost"},
            "outputs and loss are finite; the gradient became undefined on its way back",
            "nonfinite_backward",
        ),
    ],
)
def test_on_the_way_back(told_of: dict[str, Any], cause: str, remedy: str) -> None:
    tensor = "targets" if "left out" in told_of["words"] else "gradient of the output"
    known = Autopsy(40, "backward", "", tensor=tensor, **told_of)
    finding, _ = found(NonFinite(40, "backward", "", "layers.3.bias", known), 1.0)
    assert finding.cause == cause
    assert finding.remedies[0] == ADVICE[remedy][0]


@pytest.mark.parametrize(
    ("told_of", "cause"),
    [
        (
            {"operation": "nll_loss", "words": "nll_loss gave infinity from finite numbers"},
            "nll_loss in the loss function overflowed: the numbers that it was given are too large",
        ),
        (
            {"operation": "div", "argument": Argument(1e-40, 1.0, 0, 64), "words": "gave infinity"},
            "div in the loss function overflowed: what it divides by is too small",
        ),
    ],
)
def test_what_was_large_is_not_called_nothing(told_of: dict[str, Any], cause: str) -> None:
    assert found(forward(**told_of))[0].cause == cause


def test_a_model_without_parts_is_no_loss_function() -> None:
    known = Autopsy(
        40, "forward", "", "Map", "output", operation="mul", words="gave infinity in mul"
    )
    finding, _ = found(NonFinite(40, "forward", "", "output", known))
    assert finding.cause == "mul in Map overflowed: the numbers that it was given are too large"


def test_too_short_an_input_has_words_of_its_own() -> None:
    finding, facts = found(
        forward("ctc", kind="CTCLoss", operation="ctc_loss", words="gave infinity in ctc_loss")
    )
    assert finding.cause == (
        "ctc_loss in ctc (CTCLoss) has no way to fit the labels in: its input is shorter than they need"
    )
    (one,) = prescribe(finding, facts)
    assert "zero_infinity=True" in one.code


def test_what_the_graph_alone_has_told_is_known_as_well() -> None:
    known = Autopsy(
        40, "forward", operation="exp", words="going by the graph", tensor="loss", reproduced=False
    )
    finding, _ = found(NonFinite(40, "forward", "", "loss", known))
    assert finding.cause.startswith("exp overflowed")
    assert finding.evidence.startswith("forward at step 40: going by the graph")


def test_without_an_operation_the_lines_look_at_what_the_loss_is_given() -> None:
    finding, facts = found(forward(operation="cdist", words="cdist gave NaN", inputs=SMALL))
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


def test_a_function_of_the_programs_own_is_called_so() -> None:
    known = Autopsy(
        40,
        "backward",
        module="act",
        kind="Swish",
        operation="SwishFn",
        source="train.py:28",
        words="act (Swish) gave a gradient that is NaN in the backward of SwishFn",
    )
    finding, facts = found(NonFinite(40, "backward", "act", "gradient", known))
    assert finding.cause.startswith(
        "the backward of SwishFn in act (Swish), a function of the program's own"
    )
    assert finding.remedies[0].id == "own_function"
    assert prescribe(finding, facts)


def test_what_is_only_likely_is_said_to_be() -> None:
    known = Autopsy(
        40,
        "backward",
        tensor="gradient of the output",
        operation="acos",
        words="loss function: most likely the slope of acos is not finite at 1 of 64 values",
    )
    finding, _ = found(NonFinite(40, "backward", "", "gradient", known))
    assert finding.cause.startswith("most likely the backward of acos")


@pytest.mark.parametrize(
    ("optimizer", "own"), [("CenteredRMS", True), ("AdamW", False), ("SGD", False)]
)
def test_the_arithmetic_of_an_optimizer_of_ones_own_comes_first(optimizer: str, own: bool) -> None:
    seen = NonFinite(40, "weights", "layers.1", "layers.1.weight", None)
    finding, _ = found(seen, optimizer=optimizer)
    assert ("not torch's own" in finding.cause) == own
    assert ("own_optimizer" in [remedy.id for remedy in finding.remedies]) == own
