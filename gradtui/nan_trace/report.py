"""What has been found, as an `Autopsy`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gradtui.core.autopsy import AROUND, Autopsy, ModuleRange, Span
from gradtui.nan_trace import call_counters
from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.data_origin import MadeBy
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

EXPLAINED = ("ctc_loss", "nll_loss", "nll_loss2d", "std", "var", "mean")
"""Of these the graph tells more than that they were given finite numbers."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program makes an operation: lines, and the path and type of the module, where it is one's
    own code."""

    source: str = ""
    module: str = ""
    kind: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Result:
    """What one call gave when it was made once more."""

    call: Call
    visits: list[Visit]
    outputs: ValueRange
    origin: Origin | None
    inflow: ValueRange
    back: dict[call_counters.Place, float]
    """What was taken off its modules' counters beforehand."""
    changes: dict[call_counters.Place, float]
    """By how much it has changed them."""


def located(found: Autopsy, at: Place = NOWHERE) -> Autopsy:
    """With the line of the program and what the operation was given, where they are known."""
    source = found.source or at.source
    got = "" if found.argument is None else f"{found.operation} got {found.argument}"
    where = ", ".join(part for part in (source, got) if part)
    if not found.operation or not where:
        return found
    if at.module:
        found = replace(found, module=at.module, kind=at.kind)
        where = f"in {at.module} ({at.kind}), {where}"
    return replace(found, source=source, words=f"{found.words}; {where}")


def of_data(found: Autopsy, made: MadeBy) -> Autopsy:
    """Data that is not finite, and what the program has made it by from finite numbers."""
    words = f"{found.words}; the program has made it by {made.operation}, of finite numbers"
    told = replace(
        found,
        phase="forward",
        words=words,
        operation=made.operation,
        source=made.source,
        argument=made.argument,
    )
    return located(told)


def before_step(step: int, weight: str) -> Autopsy:
    """Of a loss that is lost because a weight was before."""
    words = (
        f"{weight} was not finite before step {step:,} began: an update before it, at the latest that of "
        f"step {step - 1:,}, left it so"
    )
    return Autopsy(step - 1, "weights", tensor=weight, words=words)


def failed(step: int, why: str, phase: str = "") -> Autopsy:
    return Autopsy(step, phase, words=f"where it came from is not known: {why}", reproduced=False)


def report(origin: Origin, result: Result, step: int, born: BadOperation | None = None) -> Autopsy:
    """`born`: what the graph of the loss has told, for what lies outside of every module."""
    visit, call = origin.visit, result.call
    verdict = None
    if visit is not None and visit.index >= 0 and origin.phase in ("forward", "backward"):
        origin, verdict = _closer(origin, visit, result)
    around, at = _around(result.visits, visit)
    if visit is None and origin.phase == "forward":
        words = _before(call)
        if born is not None and born.operation:
            words += f": {born.words}"
            origin = replace(origin, operation=born.operation, argument=born.argument)
    else:
        words = sentence(origin, call, step, verdict)
        if born is not None and born.operation in EXPLAINED and born.operation == origin.operation:
            words += f": {born.words}"
    return Autopsy(
        step=step - 1 if origin.phase == "weights" else step,
        phase=origin.phase,
        module="" if visit is None or origin.phase == "data" else visit.path,
        kind="" if visit is None or origin.phase == "data" else visit.kind,
        tensor=origin.tensor,
        words=words,
        code=origin.code,
        operation=origin.operation,
        source=origin.source,
        argument=origin.argument,
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


def by_graph(step: int, why: str, clues: LossClues, *, lost: bool) -> Autopsy:
    """What the graph of the loss alone has told, where the step was not run once more: `why`."""
    born = clues.birth
    if lost:
        if born is None or not born.named:
            return failed(step, why, "forward")
        words = f"going by the graph of the loss, {born.words}"
        found = Autopsy(step, born.phase, "", "", born.tensor, f"{words}; {why}", born.after)
        found = replace(found, operation=born.operation, inputs=born.inputs)
        return replace(found, argument=born.argument, reproduced=False)
    fault = at_fault(clues.passes, clues.own)
    if not fault.operation:
        return failed(step, why, "backward")
    tensor = "targets" if fault.residual else "gradient of the output"
    words = f"going by the graph of the loss, {fault.words}; {why}"
    found = Autopsy(step, "backward", "", "", tensor, words, operation=fault.operation)
    return replace(found, argument=fault.argument, reproduced=False)


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


def _closer(origin: Origin, visit: Visit, result: Result) -> tuple[Origin, Verdict | None]:
    """With the operation that failed, and where it was made; and how float32 would have fared."""
    call, forward = result.call, origin.phase == "forward"
    half = applies(visit, call)
    if not half and not forward and origin.node < 0:
        return origin, None
    module = target(call.module)
    closer = ModuleExamination(visit, operations=forward, node=origin.node)
    with undisturbed(module, result.back):
        with suppress_own, as_called(call), closer:
            out = [t for _, t in tensors(run_again(call, module))]
            if half and not forward:
                _pull(out, call)
        made = closer.culprit
        if made is not None:
            origin = replace(
                origin, operation=made.name, source=made.source, argument=made.argument
            )
        elif closer.source:
            origin = replace(origin, source=closer.source)
        if not half:
            return origin, None
        return origin, closer.forward() if forward else closer.backward()


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
