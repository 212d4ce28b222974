"""What has been found, as an `Autopsy`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gradtui.core.autopsy import AROUND, Autopsy, ModuleRange, Span
from gradtui.nan_trace.call_counters import Place
from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.graph_search import BadOperation
from gradtui.nan_trace.loss_clues import LossClues
from gradtui.nan_trace.module_examination import ModuleExamination, Verdict, applies
from gradtui.nan_trace.module_trace import Visit
from gradtui.nan_trace.module_walk import target
from gradtui.nan_trace.nested_tensors import tensors
from gradtui.nan_trace.operation_causes import at_fault
from gradtui.nan_trace.origin_search import Origin
from gradtui.nan_trace.rerun import as_called, run_again
from gradtui.nan_trace.sentences import number, sentence
from gradtui.nan_trace.state_restoration import undisturbed
from gradtui.nan_trace.value_ranges import ValueRange, together
from gradtui.patching.own_errors import suppress_own


@dataclass(frozen=True, slots=True)
class Result:
    """What one call gave when it was made once more."""

    call: Call
    visits: list[Visit]
    outputs: ValueRange
    origin: Origin | None
    inflow: ValueRange
    back: dict[Place, float]
    """What was taken off its modules' counters beforehand."""
    changes: dict[Place, float]
    """By how much it has changed them."""


def failed(step: int, why: str, phase: str = "") -> Autopsy:
    return Autopsy(step, phase, words=f"where it came from is not known: {why}", reproduced=False)


def report(origin: Origin, result: Result, step: int, born: BadOperation | None = None) -> Autopsy:
    """`born`: what the graph of the loss has told, for what lies outside of every module."""
    visit, call = origin.visit, result.call
    verdict = None
    if visit is not None and visit.index >= 0 and origin.phase in ("forward", "backward"):
        operation, verdict = _closer(origin.phase, visit, result)
        origin = replace(origin, operation=origin.operation or operation)
    around, at = _around(result.visits, visit)
    if visit is None and origin.phase == "forward":
        words = _before(call)
        if born is not None and born.operation:
            words += f": {born.words}"
            origin = replace(origin, operation=born.operation)
    else:
        words = sentence(origin, call, step, verdict)
    return Autopsy(
        step=step - 1 if origin.phase == "weights" else step,
        phase=origin.phase,
        module="" if visit is None or origin.phase == "data" else visit.path,
        kind="" if visit is None or origin.phase == "data" else visit.kind,
        tensor=origin.tensor,
        words=words,
        code=origin.code,
        operation=origin.operation,
        call=0 if visit is None else visit.call,
        inputs=None if visit is None else visit.inputs.span,
        outputs=None if visit is None else visit.outputs.span,
        weights=None if visit is None else visit.weights.span,
        around=around,
        at=at,
        float32_would_hold=None if verdict is None else verdict.holds,
    )


def _before(call: Call) -> str:
    whom = call.word or type(call.module).__name__
    return f"what {whom} was given had been computed outside of every module and was not finite"


def in_loss(results: Sequence[Result], step: int, born: BadOperation | None = None) -> Autopsy:
    """`born`: what the graph of the loss has told."""
    outputs = together([result.outputs for result in results])
    words = "the loss function gave a loss that is not finite from finite outputs"
    if outputs.count:
        words += f" between {number(outputs.low)} and {number(outputs.high)} in size"
    if born is not None:
        named = born.operation or born.phase == "data"
        words = f"loss function: {born.words}" if named else f"{words}; {born.words}"
    around, _ = _around(results[-1].visits, results[-1].visits[-1])
    found = Autopsy(step, "forward", "", "", "loss", words, outputs=outputs.span, around=around)
    if born is None:
        return found
    return replace(
        found,
        phase=born.phase,
        tensor=born.tensor,
        operation=born.operation,
        argument=born.argument,
        code=born.after,
        inputs=born.inputs,
    )


def above(results: Sequence[Result], place: int, step: int, clues: LossClues) -> Autopsy:
    """The gradient that came to a model was not finite already."""
    result = results[place]
    words = "the backward of the loss function gave a gradient of the output that is not finite"
    fault = at_fault(clues.passes, clues.own)
    operation, why = fault.operation, fault.words
    if place + 1 < len(results):
        words = f"the gradient that came back to {result.call.word or 'the model'} was not finite"
        words += why and f"; in the loss function {why}"
    else:
        words = f"loss function: {why}" if operation else f"{words}{why and '; '}{why}"
    span = result.outputs.span
    if span is not None:
        words += f", from finite outputs between {number(span.low)} and {number(span.high)} in size"
    around, _ = _around(result.visits, result.visits[-1])
    tensor = "gradient of the output"
    found = Autopsy(step, "backward", "", "", tensor, words, outputs=span, around=around)
    tensor = "targets" if fault.residual else tensor
    return replace(found, tensor=tensor, operation=operation, argument=fault.argument)


def _closer(phase: str, visit: Visit, result: Result) -> tuple[str, Verdict | None]:
    """The operation that failed in the forward pass, and how float32 would have fared."""
    call = result.call
    half, forward = applies(visit, call), phase == "forward"
    if not half and not forward:
        return "", None
    module = target(call.module)
    closer = ModuleExamination(visit, operations=forward)
    with undisturbed(module, result.back):
        with suppress_own, as_called(call), closer:
            out = [t for _, t in tensors(run_again(call, module))]
            if not forward:
                _pull(out, call)
        if not half:
            return closer.operation, None
        return closer.operation, closer.forward() if forward else closer.backward()


def _pull(out: list[Tensor], call: Call) -> None:
    seeds = list(call.inflows.values())[-1]
    pairs = [(out[i], seed) for i, seed in seeds.items() if out[i].grad_fn is not None]
    leaves = [p for p in target(call.module).parameters() if p.requires_grad]
    torch.autograd.grad([t for t, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True)


def _around(visits: Sequence[Visit], visit: Visit | None) -> tuple[tuple[ModuleRange, ...], int]:
    at = next((i for i, one in enumerate(visits) if one is visit), -1)
    middle = max(at, 0)
    first = max(0, min(middle - AROUND // 2, len(visits) - AROUND))
    chosen = visits[first : first + AROUND]
    ranges = tuple(
        ModuleRange(v.path, v.kind, *_spans(v.inputs, v.outputs, v.weights, v.gradient))
        for v in chosen
    )
    return ranges, at - first if at >= 0 else -1


def _spans(*looks: ValueRange) -> tuple[Span | None, ...]:
    return tuple([look.span for look in looks])
