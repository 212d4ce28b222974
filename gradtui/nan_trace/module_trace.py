"""Which modules ran, in what order, on what numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.nested_tensors import given, tensors
from gradtui.nan_trace.value_ranges import NOTHING, ValueRange, look, look_at, together

MOST = 20_000
"""Calls of modules in one pass that are noted."""


@dataclass(slots=True, eq=False)
class Visit:
    """One call of one module. `began` and `ended` order all beginnings and ends of a pass; graph
    nodes made in between have sequence numbers from `first` up to, not including, `last`."""

    index: int
    path: str
    module: nn.Module
    parent: "Visit | None"
    began: int
    first: int
    call: int = 0
    ended: int = -1
    last: int = -1
    inputs: ValueRange = NOTHING
    outputs: ValueRange = NOTHING
    weights: ValueRange = NOTHING
    gradient: ValueRange = NOTHING
    children: list["Visit"] = field(default_factory=list)
    dtypes: frozenset[torch.dtype] = frozenset()

    @property
    def kind(self) -> str:
        return type(self.module).__name__


class ModuleTrace:
    """Watches a module and everything in it from `with` to its end."""

    def __init__(self, module: nn.Module, word: str, names: Mapping[int, str]) -> None:
        self._paths = {id(m): _under(word, path) for path, m in walk(module)} | dict(names)
        self._modules = [m for _, m in walk(module)]
        self._open: list[Visit] = []
        self._calls: dict[int, int] = {}
        self._time = 0
        self._handles: list[RemovableHandle] = []
        self.visits: list[Visit] = []

    def __enter__(self) -> "ModuleTrace":
        for module in self._modules:
            if isinstance(module, torch.jit.ScriptModule):
                continue
            self._handles += [
                module.register_forward_pre_hook(self._begin, with_kwargs=True),
                module.register_forward_hook(self._end, with_kwargs=True),
            ]
        return self

    def __exit__(self, *error: object) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._weigh()

    @property
    def root(self) -> Visit | None:
        return self.visits[0] if self.visits else None

    def _tick(self) -> int:
        self._time += 1
        return self._time

    def _begin(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        if torch._C._current_graph_task_id() != -1 or len(self.visits) >= MOST:
            return
        found = given(args, kwargs)
        parent = self._open[-1] if self._open else None
        path = self._paths.get(id(module), "")
        visit = Visit(len(self.visits), path, module, parent, self._tick(), sequence())
        visit.call = self._calls.get(id(module), 0)
        self._calls[id(module)] = visit.call + 1
        visit.inputs = look_at(found)
        visit.dtypes = _dtypes(found)
        self.visits.append(visit)
        self._open.append(visit)
        if parent is not None:
            parent.children.append(visit)

    def _end(self, module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if torch._C._current_graph_task_id() != -1:
            return
        if not any(visit.module is module for visit in self._open):
            return
        while self._open and self._open[-1].module is not module:
            self._open.pop()  # what raised, and was caught further out
        visit = self._open.pop()
        found = tensors(output)
        visit.ended, visit.last = self._tick(), sequence()
        visit.outputs = look_at(found)
        visit.dtypes |= _dtypes(found)
        for _, tensor in found:
            if tensor.grad_fn is not None:
                tensor.grad_fn.register_prehook(_signal(visit, tensor.output_nr))

    def _weigh(self) -> None:
        """Parameters of each module that ran: its own, and those of children that did not run."""
        ran = {id(visit.module) for visit in self.visits}
        looks: dict[int, ValueRange] = {}
        for visit in self.visits:
            key = id(visit.module)
            if key not in looks:
                looks[key] = look_at(own_parameters(visit.module, ran))
            visit.weights = looks[key]


def _signal(visit: Visit, number: int) -> Any:
    def note(grads: tuple[Tensor | None, ...]) -> None:
        grad = grads[number] if number < len(grads) else None
        if grad is not None:
            visit.gradient = together([visit.gradient, look(grad)])

    return note


def own_parameters(module: nn.Module, ran: set[int]) -> list[tuple[str, Tensor]]:
    """Name and parameter, of the module and of those of its children that are not in `ran`; with
    them buffers that hold a NaN and are used."""
    found = []
    waiting = [("", module)]
    while waiting:
        path, one = waiting.pop(0)
        held = dict(vars(one).get("_parameters") or {})
        if not one.training:
            held |= vars(one).get("_buffers") or {}
        for name, tensor in held.items():
            if tensor is not None and (name in one._parameters or look(tensor).nan):
                found.append((f"{path}.{name}" if path else name, tensor))
        for name, child in (vars(one).get("_modules") or {}).items():
            if child is not None and id(child) not in ran:
                waiting.append((f"{path}.{name}" if path else name, child))
    return found


def _under(word: str, path: str) -> str:
    return f"{word}.{path}" if word and path else word or path


def sequence() -> int:
    autograd: Any = torch.autograd
    return int(autograd._get_sequence_nr())


def _dtypes(found: list[tuple[str, Tensor]]) -> frozenset[torch.dtype]:
    return frozenset(t.dtype for _, t in found if t.is_floating_point())
