"""A second look at one call of one module: by which operation, and would float32 have held it."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gradtui.nan_trace.calls import Call
from gradtui.nan_trace.module_trace import Visit, sequence
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.nested_tensors import changed, tensors
from gradtui.nan_trace.operations import MadeBad, Operations
from gradtui.nan_trace.source_lines import innermost
from gradtui.nan_trace.value_ranges import look_at
from gradtui.patching.own_errors import suppress_own

LARGEST_GRAPH = 200_000
HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`high`: the largest absolute value there would have been."""

    holds: bool
    high: float


def applies(visit: Visit, call: Call) -> bool:
    """Whether anything about this call was in half precision."""
    return bool(visit.dtypes & set(HALF)) or any(dtype in HALF for _, dtype in call.stamp.autocast)


class ModuleExamination:
    """During one more run, notes what one call of one module is given, and what flows back into it;
    `forward` and `backward` then try the same in float32.

    With `operations` the one at fault in the forward pass is looked for; `culprit` tells it. Else
    `source` is where the program made the node of the graph that is `node` after the call began.
    """

    def __init__(self, visit: Visit, *, operations: bool, node: int = -1) -> None:
        self._module, self._wanted = visit.module, visit.call
        self._operations: Any = Operations() if operations else None
        self._node, self._first, self._anomaly = node, 0, (False, True)
        self.source = ""
        self._looking = False
        self._calls = -1
        self._given: tuple[Any, Any] | None = None
        self._seeds: dict[int, Tensor] = {}

    def __enter__(self) -> "ModuleExamination":
        self._handles = [
            self._module.register_forward_pre_hook(self._begin, with_kwargs=True),
            self._module.register_forward_hook(self._end, with_kwargs=True),
        ]
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._look_away()

    @property
    def culprit(self) -> MadeBad | None:
        return None if self._operations is None else self._operations.culprit

    def _look_away(self) -> None:
        if not self._looking:
            return
        self._looking = False
        if self._operations is None:
            torch.set_anomaly_enabled(*self._anomaly)
        else:
            self._operations.__exit__(None, None, None)
            self._operations.over()

    def _begin(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if torch._C._current_graph_task_id() != -1:
            return
        self._calls += 1
        if self._calls == self._wanted:
            self._given = changed((args, kwargs), _as_float32)
            if self._operations is not None:
                self._operations.__enter__()
                self._looking = True
            elif self._node >= 0:
                self._anomaly = torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
                torch.set_anomaly_enabled(True, False)  # each node notes the lines that made it
                self._looking = True
                self._first = sequence()

    def _end(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self._calls != self._wanted or torch._C._current_graph_task_id() != -1:
            return
        self._look_away()
        found = tensors(output)
        if self._node >= 0:
            with suppress_own:
                self.source = _made_at([t for _, t in found], self._first + self._node)
        for number, (_, tensor) in enumerate(found):
            if tensor.grad_fn is not None:
                tensor.grad_fn.register_prehook(self._note(number, tensor.output_nr))

    def _note(self, number: int, output_nr: int) -> Any:
        def note(grads: tuple[Tensor | None, ...]) -> None:
            grad = grads[output_nr] if output_nr < len(grads) else None
            if grad is not None:
                self._seeds[number] = grad.detach().float()

        return note

    def forward(self) -> Verdict | None:
        """None where it could not be tried."""
        with suppress_own:
            found = self._outputs()
            looked = look_at(found)
            return Verdict(not looked.bad, looked.high) if looked.count else None
        return None

    def backward(self) -> Verdict | None:
        with suppress_own:
            pairs = [
                (t, self._seeds[i])
                for i, (_, t) in enumerate(self._outputs())
                if i in self._seeds and t.requires_grad
            ]
            leaves = [*self._copy.parameters(), *(t for _, t in tensors(self._given))]
            leaves = [t for t in leaves if t.requires_grad]
            grads = torch.autograd.grad(
                [t for t, _ in pairs], leaves, [g for _, g in pairs], allow_unused=True
            )
            looked = look_at([("", g) for g in grads if g is not None])
            return Verdict(not looked.bad, looked.high) if looked.count else None
        return None

    def _outputs(self) -> list[tuple[str, Tensor]]:
        if self._given is None:
            return []
        self._copy = bare(self._module).float()
        args, kwargs = changed(self._given, lambda t: t.clone())
        with torch.enable_grad(), torch.autocast("cpu", enabled=False), _no_cuda_autocast():
            return tensors(self._copy(*args, **kwargs))


def _made_at(outputs: list[Tensor], number: int) -> str:
    """The program's line of the node with this sequence number."""
    waiting = [t.grad_fn for t in outputs]
    seen: set[Any] = set()
    while waiting and len(seen) < LARGEST_GRAPH:
        node: Any = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node._sequence_nr() == number and "traceback_" in node.metadata:
            return innermost(node.metadata["traceback_"])
        waiting += [below for below, _ in node.next_functions]
    return ""


def bare(module: nn.Module) -> nn.Module:
    """A copy without hooks of backward passes or of ours: none that would refer to the original."""
    held = [(vars(m), dict(vars(m))) for _, m in walk(module)]
    try:
        for attributes, _ in held:
            for word in ("_backward_hooks", "_backward_pre_hooks"):
                attributes[word] = {}
        return copy.deepcopy(module)
    finally:
        for attributes, kept in held:
            attributes.update(kept)


def _no_cuda_autocast() -> Any:
    return torch.autocast("cuda", enabled=False) if torch.cuda.is_available() else _Nothing()


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


def _as_float32(tensor: Tensor) -> Tensor:
    new = tensor.detach().clone()
    if tensor.dtype in HALF:
        new = new.float()
    return new.requires_grad_() if tensor.requires_grad else new
