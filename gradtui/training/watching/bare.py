"""Programs that update by hand: what lies in the leaves after backward, where nobody steps.

A record is held until the next backward begins. If the gradients are still there then, they are
being accumulated, and the record of the next backward takes its place.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gradtui.training.watching.board import Board
from gradtui.training.watching.born import Born
from gradtui.training.watching.clips import Clips
from gradtui.training.watching.losses import Losses
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet
from gradtui.training.watching.records import Record, Records
from gradtui.training.watching.steps import Steps

PATIENCE = 3
"""Fresh backward passes without a step after which an optimizer that exists counts as not used."""
NODES = 200_000
WORD = "by hand"


class Bare:
    def __init__(
        self,
        steps: Steps,
        records: Records,
        board: Board,
        born: Born,
        losses: Losses,
        clips: Clips,
        quiet: Quiet,
    ) -> None:
        self._steps, self._records, self._board, self._born = steps, records, board, born
        self._losses, self._clips, self._quiet = losses, clips, quiet
        self._leaves: list[Tensor] = []
        self._held: Record | None = None
        self._fresh = 0

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.autograd, "grad", self._grad)

    def before(self, tensors: Any) -> None:
        """A backward pass begins."""
        if not self._watching():
            return
        if any(leaf.grad is not None and leaf.grad.any() for leaf in self._leaves):
            self._held = None
        else:
            self._fresh += 1
            self._settle()
        roots = tensors if isinstance(tensors, (list, tuple)) else [tensors]
        found = leaves_of([t for t in roots if isinstance(t, Tensor)])
        self._leaves = [t for t in found if isinstance(t, torch.nn.Parameter)] or found

    def after(self) -> None:
        if self._watching() and self._leaves and self._decided():
            self._take(self._leaves, [leaf.grad for leaf in self._leaves])

    def stepped(self) -> None:
        """An optimizer is used after all."""
        self._held, self._leaves = None, []

    def close(self) -> None:
        if self._watching():
            self._settle()

    def _watching(self) -> bool:
        return not self._steps.seen and self._steps.only is None

    def _decided(self) -> bool:
        """Whether nobody is going to step, going by how often gradients were used and zeroed."""
        return self._fresh > PATIENCE or not self._born.optimizers()

    def _settle(self) -> None:
        """The record that is held is whole."""
        self._losses.used()
        record, self._held = self._held, None
        if record is None:
            return
        clip = self._clips.take(record.source.ids)
        if clip is not None and clip.factor is not None:
            record.parts["clip"] = clip.factor.detach().double().reshape(())
        record.step = self._steps.new_step()
        self._records.send(record)

    def _take(self, leaves: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        source = self._steps.source(0, list(leaves), WORD)
        if source is None:
            return
        detail = source.budget.next()
        parts = source.gradients(grads, detail) if detail.norms else {}
        record = Record(-1, source, source.layout, source.at, detail, parts)
        record.add_loss(self._losses.seen())
        self._held = record

    def _grad(
        self, original: Callable[..., Any], outputs: Any, inputs: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if torch.compiler.is_compiling() or self._losses.depth:
            return original(outputs, inputs, *args, **kwargs)
        held = [inputs] if isinstance(inputs, Tensor) else inputs
        again = inputs
        if not isinstance(held, (list, tuple, dict)):
            held = again = list(held)
        out = original(outputs, again, *args, **kwargs)
        with self._quiet("autograd.grad"):
            self._results(outputs, held, out)
        return out

    def _results(self, outputs: Any, inputs: Any, out: Any) -> None:
        """Gradients that a program took by hand, where they are those of its parameters."""
        if not self._watching() or isinstance(inputs, dict) or self._leaves:
            return
        if self._born.optimizers():
            return
        leaves = list(inputs)
        if not leaves or not all(type(leaf) is torch.nn.Parameter for leaf in leaves):
            return
        self._settle()
        one = outputs if isinstance(outputs, Tensor) else outputs[0]
        self._losses.note(one)
        self._take(leaves, list(out))


def leaves_of(roots: Sequence[Tensor]) -> list[Tensor]:
    """The leaves that a backward pass from `roots` will reach, by way of the graph."""
    found: dict[int, Tensor] = {}
    seen: set[Any] = set()
    waiting: list[Any] = [root.grad_fn for root in roots if root.grad_fn is not None]
    while waiting and len(seen) < NODES:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if type(node).__name__ == "AccumulateGrad":
            found[id(node.variable)] = node.variable
        waiting += [below for below, _ in node.next_functions if below is not None]
    return list(found.values())
