"""What is kept of one call of an outermost module, until the step is over: references only."""

import random
import sys
import weakref
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from gradtui.nan_trace.nested_tensors import PLAIN, changed, has_history, tensors

PASSES = 2
"""Backward passes through one call whose gradients are kept: the first and the last."""
LARGEST = 1 << 22
"""Elements from which a gradient is not kept beyond its time."""

KINDS = ("cpu", "cuda", "mps", "xpu")


class Draws:
    """Which random states a module's forward pass uses; found by watching its first calls."""

    TRIES = 3
    __slots__ = ("_before", "left", "numpy", "python")

    def __init__(self) -> None:
        self.left = self.TRIES
        self.python = self.numpy = False
        self._before: tuple[Any, Any] = (None, None)

    def begin(self) -> None:
        self._before = python_state(), numpy_state()

    def end(self) -> None:
        self.left -= 1
        python, numpy = self._before
        self.python = self.python or python != python_state()
        self.numpy = self.numpy or str(numpy) != str(numpy_state())


def uses_cuda() -> bool:
    """Whether the program has begun to use a GPU."""
    cuda: Any = torch.cuda
    return bool(cuda.is_initialized())


def python_state() -> Any:
    return random.getstate()


def numpy_state() -> Any:
    numpy = sys.modules.get("numpy")
    return None if numpy is None else numpy.random.get_state()


class Stamp:
    """The random states and the autocast state when a module was called."""

    __slots__ = ("autocast", "cpu", "cuda", "numpy", "python")

    def __init__(self, draws: Draws | None = None, cuda: bool | None = None) -> None:
        self.cpu = torch.get_rng_state()
        cuda = uses_cuda() if cuda is None else cuda
        self.cuda: dict[int, Tensor] = {}
        if cuda:
            device = torch.cuda.current_device()
            self.cuda[device] = torch.cuda.get_rng_state(device)
        self.python = python_state() if draws is None or draws.python else None
        self.numpy = numpy_state() if draws is None or draws.numpy else None
        self.autocast: tuple[tuple[str, torch.dtype], ...] = ()
        if torch.is_autocast_enabled("cpu"):
            self.autocast = (("cpu", torch.get_autocast_dtype("cpu")),)
        if cuda and torch.is_autocast_enabled("cuda"):
            self.autocast += (("cuda", torch.get_autocast_dtype("cuda")),)

    def put_back(self) -> None:
        """The random states, as far as they are known."""
        torch.set_rng_state(self.cpu)
        for device, state in self.cuda.items():
            torch.cuda.set_rng_state(state, device)
        if self.python is not None:
            random.setstate(self.python)
        if self.numpy is not None:
            sys.modules["numpy"].random.set_state(self.numpy)


class Call:
    """Arguments, random state, and the gradients that flowed back into the outputs.

    Tensors that were computed by something else are kept without their history: no node of a graph
    lives longer for being looked at. Raises ValueError where one is in an object that cannot be taken
    apart.
    """

    __slots__ = (
        "__weakref__",
        "_held",
        "_module",
        "args",
        "computed",
        "differentiated",
        "inflows",
        "kept",
        "kwargs",
        "names",
        "stamp",
        "versions",
        "word",
    )

    def __init__(
        self,
        word: str,
        module: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        stamp: Stamp,
    ) -> None:
        self.word, self.stamp = word, stamp
        self._held: nn.Module | None = module
        self._module = weakref.ref(module)
        self.names: Mapping[int, str] = {}
        """Paths of modules, by id, where they are called otherwise than their place below says."""
        self.computed: set[int] = set()
        """Ids of those arguments that something else had computed, with a graph."""
        self.args = tuple([self._cut(arg) for arg in args])
        self.kwargs = {name: self._cut(arg) for name, arg in kwargs.items()} if kwargs else kwargs
        self.versions = [arg._version for arg in self.args if type(arg) is Tensor]
        self.kept: list[tuple[weakref.ref[Tensor], int]] = []
        """Outputs that may live on somewhere, and their versions."""
        self.differentiated = False
        """Whether a backward pass through it was made to be differentiated itself."""
        self.inflows: dict[int, dict[int, Tensor]] = {}
        """Backward pass -> number of the output -> gradient, in order."""

    @property
    def module(self) -> nn.Module:
        """Raises ReferenceError where it has been let go since the step was over."""
        module = self._module()
        if module is None:
            raise ReferenceError("the module is gone")
        return module

    @property
    def there(self) -> bool:
        """Whether the module is."""
        return self._module() is not None

    def loosen(self) -> None:
        """The step is over: the module need not live for this."""
        self._held = None

    @property
    def changed(self) -> bool:
        """Whether an argument was changed in place since."""
        return self.versions != [arg._version for arg in self.args if type(arg) is Tensor]

    def alive(self) -> list[Tensor]:
        """Outputs that are still there as they were returned."""
        found = [(ref(), version) for ref, version in self.kept]
        return [one for one, version in found if one is not None and one._version == version]

    def was_computed(self, tensor: Tensor) -> bool:
        return id(tensor) in self.computed or tensor.grad_fn is not None

    def returned(self, output: Any) -> bool:
        """Have the gradients noted that will flow into what the module returned; False where none
        can."""
        outputs = [output] if type(output) is Tensor else [t for _, t in tensors(output)]
        graph = False
        for number, tensor in enumerate(outputs):
            self.kept.append((weakref.ref(tensor), tensor._version))
            node = tensor.grad_fn
            if node is not None:
                node.register_prehook(self._note(number, tensor.output_nr))
                graph = True
        return graph

    def _cut(self, arg: Any) -> Any:
        if type(arg) is Tensor:
            return arg if arg.grad_fn is None else self._short(arg)
        if type(arg) in PLAIN or not has_history(arg):
            return arg
        out = changed(arg, self._short, copies=False)
        if has_history(out):
            raise ValueError("an argument holds on to a graph")
        return out

    def _short(self, tensor: Tensor) -> Tensor:
        if tensor.grad_fn is None:
            return tensor
        short = tensor.detach().requires_grad_()
        self.computed.add(id(short))
        return short

    def _note(self, number: int, output_nr: int) -> Any:
        current = torch._C._current_graph_task_id
        # A program may keep the graph: what we keep of the call goes nevertheless.
        this = weakref.ref(self)

        def note(grads: tuple[Tensor | None, ...]) -> None:
            call = this()
            grad = grads[output_nr] if output_nr < len(grads) else None
            if call is None or grad is None or grad.numel() > LARGEST:
                return
            which, inflows = current(), call.inflows
            if which not in inflows:
                while len(inflows) >= PASSES:
                    del inflows[list(inflows)[1 if PASSES > 1 else 0]]
                inflows[which] = {}
            inflows[which][number] = grad.detach()
            if torch.is_grad_enabled():
                call.differentiated = True

        return note
