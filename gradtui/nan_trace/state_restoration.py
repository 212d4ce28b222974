"""Runs modules without leaving a trace: whatever the run changes is put back as it was."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn

from gradtui.nan_trace.call_counters import Counters, Place
from gradtui.nan_trace.calls import Stamp
from gradtui.nan_trace.module_walk import walk
from gradtui.nan_trace.nested_tensors import changed
from gradtui.nan_trace.outer_state import ITERATORS, Kept

LARGEST = 1 << 26
"""Elements of all parameters together up to which they are copied beforehand. A forward pass that
changes its own trainable parameters is rare; what is frozen is copied in any case."""
BACKWARD_HOOKS = ("_backward_hooks", "_backward_pre_hooks")


@contextmanager
def undisturbed(root: nn.Module, back: dict[Place, float] | None = None) -> Iterator[Counters]:
    """Random states, buffers, attributes, gradients and flags are afterwards what they were.

    Yields what tells afterwards which numbers were counted up; `back` takes so much off beforehand.

    Within it buffers are copies, and the program's hooks on parameters and on backward passes are
    silent. Its forward hooks do run, because some of them compute weights: one that keeps count of
    its calls outside of its module counts one more.
    """
    modules = [module for _, module in walk(root)]
    before = Stamp()
    attributes = [_Attributes(module) for module in modules]
    parameters = [
        _Parameter(one)
        for one in {
            id(p): p
            for m in modules
            for p in (vars(m).get("_parameters") or {}).values()
            if p is not None
        }.values()
    ]
    small = sum(one.tensor.numel() for one in parameters) <= LARGEST
    autograd: Any = torch.autograd
    with ExitStack() as stack:
        for parameter in parameters:
            stack.enter_context(autograd._unsafe_preserve_version_counter(parameter.tensor))
            stack.callback(parameter.put_back)
            parameter.keep(copy=small or not parameter.tensor.requires_grad)
        stack.callback(before.put_back)
        done: dict[int, Tensor] = {}
        for attribute in attributes:
            stack.callback(attribute.put_back)
            attribute.replace(done)
        counters = Counters(modules)
        counters.begin(back)
        stack.callback(counters.end)
        yield counters


class _Attributes:
    """All that a module holds, and what the containers among it hold."""

    def __init__(self, module: nn.Module) -> None:
        self._held = vars(module)
        self._kept = dict(self._held)
        self._inside = Kept()
        for one in self._kept.values():
            self._inside.add(one)

    def replace(self, done: dict[int, Tensor]) -> None:
        """Copies for buffers, other tensors and iterators; no backward hooks."""
        for name, thing in self._kept.items():
            if name == "_parameters" or name in BACKWARD_HOOKS:
                continue
            if name == "_buffers":
                for word, buffer in list(thing.items()):
                    if buffer is not None:
                        thing[word] = _clone(buffer, done)
            elif isinstance(thing, Tensor) and not isinstance(thing, nn.Parameter):
                self._held[name] = _clone(thing, done)
            elif type(thing) in ITERATORS:
                with suppress(Exception):
                    self._held[name] = copy(thing)
        for name in BACKWARD_HOOKS:
            if self._held.get(name):
                self._held[name] = OrderedDict()

    def put_back(self) -> None:
        if len(self._held) != len(self._kept) or any(
            self._held.get(name) is not thing for name, thing in self._kept.items()
        ):
            self._held.clear()
            self._held.update(self._kept)
        self._inside.put_back()


class _Parameter:
    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self._grad = tensor.grad
        self._trains = tensor.requires_grad
        self._hooks: dict[Any, Any] = {}
        self._copy: Tensor | None = None

    def keep(self, *, copy: bool) -> None:
        if copy and type(self.tensor) in (Tensor, nn.Parameter):
            self._copy = self.tensor.detach().clone()
        hooks = self.tensor._backward_hooks
        if hooks:
            self._hooks = dict(hooks)
            hooks.clear()

    def put_back(self) -> None:
        hooks = self.tensor._backward_hooks
        if self._hooks and hooks is not None:
            hooks.clear()
            hooks.update(self._hooks)
        if self.tensor.requires_grad != self._trains:
            self.tensor.requires_grad_(self._trains)
        if self.tensor.grad is not self._grad:
            self.tensor.grad = self._grad
        if self._copy is not None and not _equal(self._copy, self.tensor):
            with torch.no_grad():
                self.tensor.copy_(self._copy)


def _clone(tensor: Tensor, done: dict[int, Tensor]) -> Tensor:
    if id(tensor) not in done:
        new = tensor.detach().clone()
        done[id(tensor)] = new.requires_grad_() if tensor.requires_grad else new
    return done[id(tensor)]


def _equal(one: Tensor, other: Tensor) -> bool:
    """To the bit, NaN included."""
    if one.shape != other.shape:
        return False
    pair = [t.detach().contiguous().reshape(-1).view(torch.uint8) for t in (one, other)]
    return torch.equal(*pair)


def copied(thing: Any) -> Any:
    """Arguments that a module may change in place without the program's being changed."""
    return changed(thing, _fresh)


def _fresh(tensor: Tensor) -> Tensor:
    new = tensor.detach().clone()
    # Once more: what computes in place may do so on a result, not on a leaf.
    return new.requires_grad_().clone() if tensor.requires_grad else new
