"""Tensors and nodes that refuse what is asked of them: what they do not tell is not known, and that is
no line in the log. The program computes what it computes without us."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import return_and_correct_aliasing
from torch.utils._pytree import tree_map

from gradtui.core.snapshot import Grad
from gradtui.instrument.watcher import Watcher
from gradtui.stats.tensors import measurable
from tests.instrument.kept import Kept

STEPS = 4


def ragged(layout: torch.layout) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # strided ones are a prototype, torch says
        return torch.nested.nested_tensor([torch.ones(2, 8), torch.ones(3, 8)], layout=layout)


class Packed(Tensor):
    """A tensor whose class does all operations itself, and gives its own kind back."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "Packed":
        make: Any = Tensor._make_wrapper_subclass  # type: ignore[attr-defined]
        out: Packed = make(cls, held.shape, dtype=held.dtype)
        return out

    def __init__(self, held: Tensor) -> None:
        self.held = held

    @classmethod
    def __torch_dispatch__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        bare: Callable[[Any], Any] = lambda x: x.held if isinstance(x, Packed) else x  # noqa: E731
        out = function(*tree_map(bare, args), **tree_map(bare, kwargs or {}))
        again = tree_map(lambda x: Packed(x) if isinstance(x, Tensor) else x, out)
        return return_and_correct_aliasing(function, args, kwargs or {}, again)


Program = tuple[list[Tensor], Callable[[], Tensor]]


def linear(loss: Callable[[nn.Linear], Tensor]) -> Program:
    net = nn.Linear(8, 2)
    return list(net.parameters()), lambda: loss(net)


def jagged_leaf() -> Program:
    net, leaf = nn.Linear(8, 2), nn.Parameter(ragged(torch.jagged))
    return [leaf, *net.parameters()], lambda: net(leaf).values().square().sum()


def on_meta() -> Program:
    net = nn.Linear(8, 2, device="meta")
    return list(net.parameters()), lambda: net(torch.ones(3, 8, device="meta")).square().mean()


def freed() -> Program:
    """The backward of a graph is called twice, and the second time raises."""
    net = nn.Linear(8, 2)

    def loss() -> Tensor:
        out = net(torch.ones(3, 8)).exp().sqrt().mean()
        out.backward()
        with pytest.raises(RuntimeError, match="second time"):
            out.backward()
        return net(torch.ones(3, 8)).mean()

    return list(net.parameters()), loss


def quantised() -> Tensor:
    return torch.quantize_per_tensor(torch.ones(3, 8), 0.1, 0, torch.qint8)


def per_example(net: nn.Linear) -> Tensor:
    def square(x: Tensor) -> Tensor:
        out: Tensor = net(x).square().sum()
        return out

    return torch.vmap(square)(torch.ones(3, 8)).mean()


def packed() -> Program:
    net, table = nn.Linear(8, 2), nn.Parameter(Packed(torch.ones(3, 8)))

    def loss() -> Tensor:
        return net(torch.ones(3, 8)).mean() + (table * 2).sum().held * 0  # type: ignore[attr-defined]

    return [*net.parameters(), table], loss


PROGRAMS: dict[str, tuple[Callable[[], Program], int]] = {
    "jagged": (lambda: linear(lambda f: f(ragged(torch.jagged)).values().square().sum()), 2),
    "jagged roots": (
        lambda: linear(
            lambda f: (f(ragged(torch.jagged)).square() + 1).sqrt().log().values().sum()
        ),
        2,
    ),
    "nested": (
        lambda: linear(lambda f: f(ragged(torch.strided)).to_padded_tensor(0.0).square().sum()),
        2,
    ),
    "jagged leaf": (jagged_leaf, 2),
    "meta": (on_meta, 0),
    "sparse": (
        lambda: linear(
            lambda f: torch.sparse.mm(torch.eye(3).to_sparse(), f(torch.ones(3, 8))).mean()
        ),
        2,
    ),
    "compressed": (
        lambda: linear(lambda f: (torch.eye(3).to_sparse_csr() @ f(torch.ones(3, 8))).mean()),
        2,
    ),
    "complex": (lambda: linear(lambda f: torch.fft.fft(f(torch.ones(3, 8))).abs().log().mean()), 2),
    "quantised": (lambda: linear(lambda f: f(quantised().dequantize()).mean()), 2),
    "mapped": (lambda: linear(per_example), 2),
    "freed": (freed, 2),
    "packed": (packed, 2),
}
"""With how many tensors of each are measured."""


def train(name: str) -> list[Tensor]:
    torch.manual_seed(0)
    tensors, loss = PROGRAMS[name][0]()
    optimizer = torch.optim.SGD(tensors, lr=1e-3, foreach=False)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    return [t.detach() for t in tensors]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_line_for_what_is_not_told(name: str) -> None:
    bare = train(name)
    sink = Kept()
    watcher = Watcher(sink, log=sink.log.append, overhead=1000.0)
    watched = train(name)
    watcher.close()
    assert sink.log == []
    count = PROGRAMS[name][1]
    assert len(sink.snapshots) == (STEPS if count else 0)
    for one, other in zip(bare, watched, strict=True):
        if measurable(one):
            assert torch.equal(one, other)
    if count:
        assert sink.snapshots[-1].grads.shape[0] == count
        assert np.isfinite(sink.snapshots[-1].grads[:, Grad.NORM]).all()
