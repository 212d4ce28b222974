"""The examination itself: forward, loss, backward, in that order."""

from collections.abc import Callable, Sequence
from math import isfinite

from torch import Tensor

from gradtui.core.autopsy import Autopsy
from gradtui.nan_trace import call_counters
from gradtui.nan_trace.backward_trace import BackwardTrace, backward_origin
from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.loss_clues import LossClues
from gradtui.nan_trace.module_trace import ModuleTrace
from gradtui.nan_trace.module_walk import target, walk
from gradtui.nan_trace.nested_tensors import given, tensors
from gradtui.nan_trace.origin_search import Origin, forward_origin
from gradtui.nan_trace.outer_state import put_back
from gradtui.nan_trace.output_silence import silenced
from gradtui.nan_trace.report import (
    NOWHERE,
    Place,
    Result,
    above,
    by_graph,
    failed,
    in_loss,
    located,
    report,
)
from gradtui.nan_trace.rerun import as_called, refusal, run_again
from gradtui.nan_trace.source_lines import Around
from gradtui.nan_trace.state_restoration import undisturbed
from gradtui.nan_trace.value_ranges import NOTHING, look_at
from gradtui.nan_trace.watched_calls import busy
from gradtui.patching.own_errors import SuppressOwn, suppress_own

FindPlace = Callable[[str, Around, Tensor | None], Place]
NO_CALLS = (
    "no call of a model was kept in this step: none was made, or not every step is looked at closely, "
    "as with --catch-nan"
)


def nowhere(operation: str, near: Around, leaf: Tensor | None) -> Place:
    del operation, near, leaf
    return NOWHERE


def examine(
    calls: Sequence[Call],
    step: int,
    loss: float | None = None,
    *,
    dropped: int = 0,
    clues: LossClues | None = None,
    place: FindPlace = nowhere,
) -> Autopsy:
    """Why step `step` is not finite, from the calls that its loss was made of. Never raises, and
    changes nothing; `loss` is None where it is not known. `dropped` calls are not among them;
    `clues` are what the graph of the loss has told. `place` tells where the program makes an
    operation: given are its word, the words around it, and of one that may be part of a model the
    trained tensor next to it."""
    clues = clues or LossClues()
    found = _traced(calls, step, loss, dropped, clues)
    if found.module or found.source or not found.operation:
        return located(found)
    leaf = None if found.reproduced or clues.birth is None else clues.birth.leaf
    near = None if leaf is None else leaf()
    return located(found, place(found.operation, clues.near, near))


def _traced(
    calls: Sequence[Call], step: int, loss: float | None, dropped: int, clues: LossClues
) -> Autopsy:
    lost = loss is not None and not isfinite(loss)
    if not calls:
        return by_graph(step, NO_CALLS, clues, lost=lost)
    if busy():
        why = "tensors are being traced or counted while it happens"
        return by_graph(step, why, clues, lost=lost)
    troubles: list[Exception] = []
    with SuppressOwn(troubles.append):
        modules = [module for call in calls for _, module in walk(call.module)]
        with put_back(modules), silenced():
            return _examine(calls, step, loss, dropped, clues)
    return by_graph(step, _raised(troubles[0]), clues, lost=lost)


def _examine(
    calls: Sequence[Call], step: int, loss: float | None, dropped: int, clues: LossClues
) -> Autopsy:
    lost = loss is not None and not isfinite(loss)
    for call in calls:
        why = refusal(call.module)
        if why:
            return by_graph(step, why, clues, lost=lost)
    results: list[Result] = []
    troubles: list[str] = []
    for place, call in enumerate(calls):
        later = sum(one.module is call.module for one in calls[place + 1 :])
        result = None
        with SuppressOwn(lambda error: troubles.append(_raised(error))):
            result = _again(call, later, lost=lost or loss is None, back=not lost)
        if result is None:
            continue
        results.append(result)
        if result.origin is not None and result.origin.phase != "backward":
            return report(_not_data(result), result, step, clues.birth)
        if not result.outputs.bad and look_at([("", t) for t in call.alive()]).bad:
            troubles.append("outputs were not finite, and are when the model is run once more")
    if troubles:
        return by_graph(step, troubles[0], clues, lost=lost)
    if lost:
        if dropped:
            why = f"nothing is kept of {dropped} earlier calls in the same step"
            return by_graph(step, why, clues, lost=lost)
        return in_loss(results, step, clues.birth)
    for place, result in reversed(list(enumerate(results))):
        if result.origin is not None:
            return report(result.origin, result, step)
        if result.inflow.bad:
            return above(results, place, step, clues)
    for result in results:
        origin = forward_origin(result.visits, lost=True) if result.outputs.bad else None
        if origin is not None:
            return report(origin, result, step)
    phase = "backward" if loss is not None else ""
    return failed(step, _clean(calls, dropped), phase)


def _raised(error: Exception) -> str:
    why = f"{type(error).__name__}: {str(error)[:200]}"
    return f"running the step once more failed ({why})"


def _clean(calls: Sequence[Call], dropped: int) -> str:
    why = "running the step once more gave finite numbers"
    if dropped:
        why += f"; nothing is kept of {dropped} earlier calls in the same step"
    if any(call.differentiated for call in calls):
        why += "; gradients of gradients are not looked into, and some were taken"
    if any(call.changed for call in calls):
        why += "; inputs have been changed in place since"
    return why


def _again(call: Call, later: int, *, lost: bool, back: bool) -> Result:
    """One run forward, and `back` where forward is clean; once more for each other pass back.

    Where all is clean, and modules have counted their calls, it is done again with the counters set
    back; `later` is how often the model has been called since.
    """
    result = _passes(call, {}, lost=lost, back=back)
    if result.origin is None and not result.inflow.bad and result.changes:
        off = {place: change * (later + 1) for place, change in result.changes.items()}
        with suppress_own:
            again = _passes(call, off, lost=lost, back=back)
            return again if again.origin is not None else result
    return result


def _passes(call: Call, off: dict[call_counters.Place, float], *, lost: bool, back: bool) -> Result:
    passes = list(call.inflows.values()) if back else []
    result = _once(call, passes[0] if passes else {}, off, lost=lost)
    for seeds in passes[1:]:
        if result.origin is None and not result.inflow.bad:
            result = _once(call, seeds, off, lost=lost)
    return result


def _once(
    call: Call, seeds: dict[int, Tensor], off: dict[call_counters.Place, float], *, lost: bool
) -> Result:
    module = target(call.module)
    back, inflow = None, NOTHING
    with (
        undisturbed(module, off) as counters,
        as_called(call),
        ModuleTrace(module, call.word, call.names) as trace,
    ):
        out = tensors(run_again(call, module))
        outputs = look_at(out)
        if seeds and not outputs.nan:
            back = BackwardTrace([t for _, t in out], seeds)
            inflow = look_at([("", grad) for grad in back.seeds.values()])
            if not inflow.bad:
                back.run()
    origin = forward_origin(trace.visits, lost=lost)
    if origin is None and back is not None:
        origin = backward_origin(back, trace.visits, module)
    return Result(call, trace.visits, outputs, origin, inflow, off, counters.changes)


def _not_data(result: Result) -> Origin:
    """What went into a model and had been computed is not the data's fault."""
    origin, call = result.origin, result.call
    assert origin is not None
    found = [t for _, t in given(call.args, call.kwargs) if call.was_computed(t)]
    if origin.phase != "data" or not look_at([("", t) for t in found]).bad:
        return origin
    return Origin("forward", None, "output", "before the model", look=origin.look)
