"""Programs that update by hand: what lies in the leaves after backward, where nobody steps.

A record is held until the next backward begins. If the gradients are still there then, they are
being accumulated, and the record of the next backward takes its place. While there is an optimizer
that may yet step, the first records are held until it is clear that it does not.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from gradtui.training.watching.board import Board
from gradtui.training.watching.born import Born
from gradtui.training.watching.capture import prepared
from gradtui.training.watching.clips import Clips
from gradtui.training.watching.leaves import leaves_of, loudest
from gradtui.training.watching.losses import Losses
from gradtui.training.watching.patches import Patches
from gradtui.training.watching.quiet import Quiet
from gradtui.training.watching.records import Record, Records
from gradtui.training.watching.sources import Source, Sources
from gradtui.training.watching.steps import Steps

PATIENCE = 3
"""Fresh backward passes without a step after which an optimizer that exists counts as not used."""
WORD = "by hand"
KEY = 0
"""Of the source: no optimizer's id is that."""


class Bare:
    def __init__(
        self,
        steps: Steps,
        sources: Sources,
        records: Records,
        board: Board,
        born: Born,
        losses: Losses,
        clips: Clips,
        quiet: Quiet,
    ) -> None:
        self._steps, self._sources, self._records = steps, sources, records
        self._board, self._born = board, born
        self._losses, self._clips, self._quiet = losses, clips, quiet
        self.watching = True
        """Until an optimizer steps."""
        self._leaves: list[Tensor] = []
        self._source: Source | None = None
        self._loudest: Tensor | None = None
        self._held: list[tuple[Source, Record | None]] = []
        """Steps that nobody has been told of, oldest first; None where nothing was measured."""
        self._open = False
        """Whether the newest of them may still be replaced."""
        self._fresh = 0

    def install(self, patches: Patches) -> None:
        patches.wrap(torch.autograd, "grad", self._grad, idle=True, loose=True)
        for owner in (torch.cuda, torch.cuda.graphs):
            patches.wrap(owner, "make_graphed_callables", prepared)

    def before(self, tensors: Any) -> None:
        """A backward pass begins."""
        if not self.watching:
            return
        if self._accumulating():
            if self._open:
                self._held.pop()
                self._open = False
        else:
            self._fresh += 1
            self._settle()
        if self._source is None or not self._source.budget.left:
            self._leaves = leaves_of(tensors)

    def after(self) -> None:
        if self._leaves:
            self._take(self._leaves, [leaf.grad for leaf in self._leaves])

    def newest(self) -> Record | None:
        """What the last pass has left, numbered as it will be if nobody steps."""
        record = self._held[-1][1] if self._held and self._open else None
        if record is not None and record.step < 0:
            record.step = self._quiet.meter.steps + len(self._held) - 1
        return record

    def stepped(self) -> None:
        """An optimizer is used after all."""
        self.watching = False
        self._held, self._leaves, self._loudest, self._source = [], [], None, None
        self._sources.drop(KEY)

    def close(self) -> None:
        if self.watching:
            self._settle()

    def _accumulating(self) -> bool:
        """Whether gradients of the last pass are still there."""
        if self._loudest is not None:
            grad = self._loudest.grad
            return grad is not None and bool(grad.any())
        return any(leaf.grad is not None and bool(leaf.grad.any()) for leaf in self._leaves)

    def _decided(self) -> bool:
        """Whether nobody is going to step, going by how often gradients were used and zeroed."""
        return self._fresh > PATIENCE or not self._born.optimizers()

    def _settle(self) -> None:
        """The newest record is whole; those that need not be held any longer go."""
        self._losses.used()
        if self._open:
            self._open = False
            source, record = self._held[-1]
            if record is not None:
                record.add_clip(self._clips.take(source.members))
        if self._decided():
            held, self._held = self._held, []
            for source, record in held:
                self._send(source, record)
        del self._held[: -PATIENCE - 1]

    def _send(self, source: Source, record: Record | None) -> None:
        if not self._sources.place(source, WORD):
            return
        step = self._steps.new_step()
        if record is not None:
            record.step, record.layout, record.at = step, source.layout, source.at
            self._records.send(record, source.budget)

    def _take(self, leaves: Sequence[Tensor], grads: Sequence[Tensor | None]) -> None:
        source = self._source = self._sources.of(KEY, leaves)
        detail = source.budget.next()
        record = None
        if detail.norms:
            record = Record(detail, source.gradients(grads, detail))
            record.add_loss(self._losses.seen())
            self._loudest = loudest(leaves, record.parts["grads"])
        self._held.append((source, record))
        self._open = True

    def _grad(
        self, original: Callable[..., Any], outputs: Any, inputs: Any, *args: Any, **kwargs: Any
    ) -> Any:
        if self._losses.depth or not self.watching:
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
        if isinstance(inputs, dict) or self._leaves or self._born.optimizers():
            return
        leaves = list(inputs)
        if not leaves or not all(type(leaf) is torch.nn.Parameter for leaf in leaves):
            return
        self._settle()
        one = outputs if isinstance(outputs, Tensor) else outputs[0]
        self._losses.note(one)
        self._take(leaves, list(out))
