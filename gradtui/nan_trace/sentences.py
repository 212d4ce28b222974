"""What an autopsy has found, in one sentence for people."""

import torch

from gradtui.core.autopsy import Span
from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.module_examination import Verdict
from gradtui.nan_trace.module_trace import Visit
from gradtui.nan_trace.origin_search import Origin

HALF_NAMES = {torch.float16: "float16", torch.bfloat16: "bfloat16"}


def number(value: float) -> str:
    return f"{value:.3g}"


def name(visit: Visit) -> str:
    """ "relu3 (ReLU)", and which call where there are several."""
    word = f"{visit.path} ({visit.kind})" if visit.path else visit.kind
    return f"{word}, call {visit.call + 1}" if visit.call else word


def sentence(origin: Origin, call: Call, step: int, verdict: Verdict | None) -> str:
    visit = origin.visit
    if origin.phase == "data":
        return _data(origin, call, step)
    assert visit is not None
    if origin.phase == "weights":
        return (
            f"{origin.tensor} of {name(visit)} was not finite before step {step:,} began: "
            f"an update before it, at the latest that of step {step - 1:,}, left it so"
        )
    text = _forward(origin, visit, call) if origin.phase == "forward" else _backward(origin, visit)
    if verdict is not None:
        held = f"would have held ({number(verdict.high)} at most)"
        text += f"; in float32 it {held if verdict.holds else 'would have failed too'}"
    return text


def _data(origin: Origin, call: Call, step: int) -> str:
    found = origin.look
    where = origin.tensor.removeprefix("input").strip()
    place = f" at {where}" if where else ""
    to = f"the model {call.word}" if call.word else "the model"
    counts = "" if found is None or found.span is None else f" ({_counts(found.span)})"
    kind = "NaN" if found is not None and found.nan else "infinity"
    return f"there was {kind} in the input{place} that {to} was given at step {step:,}{counts}"


def _forward(origin: Origin, visit: Visit, call: Call) -> str:
    look = origin.look
    kind = look.word if look is not None else "NaN"
    into = [
        f"{word} up to {number(one.high)}"
        for word, one in (("inputs", visit.inputs), ("weights", visit.weights))
        if one.count
    ]
    given = f" from finite {' and '.join(into)}" if into and not visit.inputs.bad else ""
    if visit.inputs.bad:
        given = f" from inputs masked with {visit.inputs.word}"
    half = _half(visit, call)
    if half and look is not None and not look.nan:
        top = torch.finfo(next(d for d, word in HALF_NAMES.items() if word == half)).max
        kind = f"an infinity in {half}, which holds nothing above {number(top)},"
    elif half:
        kind += f" in {half}"
    by = f" in {origin.operation}" if origin.operation else ""
    where = f"code of {name(visit)} {origin.code}" if origin.code else name(visit)
    return f"{where} gave {kind}{given}{by}"


def _backward(origin: Origin, visit: Visit) -> str:
    look = origin.look
    kind = look.word if look is not None else "NaN"
    into = visit.gradient
    given = f" from a finite one up to {number(into.high)}" if into.count and not into.bad else ""
    where = f"code of {name(visit)} {origin.code}" if origin.code else name(visit)
    if origin.operation == "sum":
        return (
            f"gradients at {where} are finite each, but their sum, the {origin.tensor}, is {kind}"
        )
    what = f" in the backward of {origin.operation}" if origin.operation else ""
    return f"{where} gave a {origin.tensor} that is {kind}{given}{what}"


def _half(visit: Visit, call: Call) -> str:
    for dtype in (*visit.dtypes, *(dtype for _, dtype in call.stamp.autocast)):
        if dtype in HALF_NAMES:
            return HALF_NAMES[dtype]
    return ""


def _counts(span: Span) -> str:
    return f"{span.nonfinite} of {span.size} values"
