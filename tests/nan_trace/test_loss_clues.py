"""Looking at the graph of a loss runs nobody's code, keeps nothing alive, and costs usual losses nothing."""

import weakref

import torch
import torch.nn.functional as F
from torch import Tensor

from gradtui.nan_trace.loss_clues import LossClues
from gradtui.nan_trace.slope_inputs import SlopeInputs
from tests.nan_trace.planted_losses import CLASSES


def test_what_somebody_has_packed_is_left_alone() -> None:
    unpacked: list[Tensor] = []

    def unpack(tensor: Tensor) -> Tensor:
        unpacked.append(tensor)
        return tensor

    out = torch.zeros(3, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        bad, steep = (out * 2).log().sum(), (out * 2).sqrt().sum()
    clues = LossClues()
    clues.note(steep, 0.0)
    clues.note(bad, -torch.inf)
    assert clues.passes == []
    assert unpacked == []


def test_no_graph_is_kept_alive() -> None:
    out = torch.zeros(3, requires_grad=True)
    clues, gone = LossClues(), []
    for step in range(5):
        middle = out * 2
        middle.grad_fn.register_hook(_Mark(gone))  # type: ignore[union-attr]
        loss = middle.sqrt().sum()
        clues.note(loss, 0.0)
        assert len(clues.passes) == 1
        del middle, loss
        assert len(gone) == step + 1
        clues.over()


class _Mark:
    """Says when the graph that it hangs on is gone."""

    def __init__(self, gone: list[int]) -> None:
        weakref.finalize(self, gone.append, 1)

    def __call__(self, *grads: object) -> None: ...


def test_of_usual_losses_nothing_is_kept() -> None:
    out = torch.randn(6, CLASSES, requires_grad=True)
    cliffs = SlopeInputs()
    for _ in range(5):
        cliffs.keep(F.cross_entropy(out * 2, torch.zeros(6, dtype=torch.long)))
        cliffs.keep(F.mse_loss(out, torch.zeros(6, CLASSES)) / 2)
    assert not cliffs.kept


def test_graphs_that_change() -> None:
    out = torch.zeros(3, requires_grad=True)
    cliffs = SlopeInputs()
    for step in range(9):
        loss = (out.sqrt() if step % 2 else (out + 1).neg().acos()).sum()
        cliffs.kept = []
        cliffs.keep(loss)
        ((one,),) = cliffs.kept
        assert one.word == ("sqrt" if step % 2 else "acos")
