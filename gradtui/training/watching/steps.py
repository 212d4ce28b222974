"""Optimizer steps: one record a step, taken at the optimizer's door."""

import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from gradtui.training.watching.board import Board, parameters_of
from gradtui.training.watching.born import Born
from gradtui.training.watching.budget import Detail
from gradtui.training.watching.clips import Clips
from gradtui.training.watching.losses import Losses
from gradtui.training.watching.nesting import untraced, within_another
from gradtui.training.watching.quiet import Quiet
from gradtui.training.watching.records import Record, Records, Source, add_lr
from gradtui.training.watching.scalers import Scalers, Scaling


class Steps:
    def __init__(
        self,
        records: Records,
        board: Board,
        born: Born,
        losses: Losses,
        clips: Clips,
        scalers: Scalers,
        quiet: Quiet,
        share: float,
    ) -> None:
        self._records, self._board, self._born = records, board, born
        self._losses, self._clips, self._scalers = losses, clips, scalers
        self._quiet, self._share = quiet, share
        self._sources: dict[int, Source] = {}
        self._owners: dict[int, weakref.ref[Optimizer]] = {}
        self._open: dict[int, Record | None] = {}
        self._inside: list[Record] = []
        self._next = 0
        self.only: Optimizer | None = None
        self.seen = False
        """Whether any optimizer's step has been seen."""
        self.first: Callable[[], None] = lambda: None
        scalers.skipped = self._skipped
        self._handles = [
            register_optimizer_step_pre_hook(untraced(self._before)),
            register_optimizer_step_post_hook(untraced(self._after)),
        ]

    def close(self) -> None:
        for handle in self._handles:
            handle.remove()

    def forget(self) -> None:
        self._open, self._inside = {}, []

    def release(self) -> None:
        """Let go of every tensor."""
        self.forget()
        self._sources = {}

    def new_step(self) -> int:
        step = self._next
        self._next += 1
        return step

    def _before(
        self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        with self._quiet("before a step"):
            if not self._mine(optimizer) or self._skips(optimizer, args, kwargs):
                return None
            self._see(optimizer)
            closure = args[1] if len(args) > 1 else kwargs.get("closure")
            self._open[id(optimizer)] = None
            if callable(closure):
                watched = self._watched(optimizer, closure)
                if len(args) > 1:
                    return (args[0], watched, *args[2:]), kwargs
                return args, kwargs | {"closure": watched}
            self._open[id(optimizer)] = self._begin(optimizer, self.new_step())
        return None

    def _mine(self, optimizer: Optimizer) -> bool:
        if self.only is not None and optimizer is not self.only:
            return False
        cuda: Any = torch.cuda
        if cuda.is_initialized() and cuda.is_current_stream_capturing():
            return False
        return not within_another(optimizer, self._open)

    def _skips(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether the budget leaves nothing for this step: then it is over quickly."""
        owner, source = self._owners.get(id(optimizer)), self._sources.get(id(optimizer))
        if owner is None or owner() is not optimizer or source is None:
            return False
        if len(args) > 1 or kwargs or self._losses.depth or not source.budget.skips():
            return False
        self._next += 1
        self._losses.used()
        self._clips.forget()
        if self._scalers.current is not None:
            self._scalers.current.stepped = True
        return True

    def _see(self, optimizer: Optimizer) -> None:
        if not self.seen:
            self.seen = True
            self._sources.pop(0, None)
            self.first()
        self._born.meet(optimizer)

    def source(self, key: int, tensors: list[Tensor], word: str = "none") -> Source | None:
        """How these tensors are measured; made anew when they change."""
        known = self._sources.get(key)
        ids = [id(tensor) for tensor in tensors]
        same = known is not None and known.ids == ids
        if known is not None and same and known.layout is self._board.layout:
            return known
        at = self._board.at(tensors, word)
        if at is None or self._board.layout is None:
            return None
        if known is not None and same:
            known.at, known.layout = at, self._board.layout
            return known
        made = Source(tensors, at, self._board.layout, self._share)
        if known is not None:
            made.budget, made.ended = known.budget, known.ended
        self._sources[key] = made
        return made

    def _begin(
        self, optimizer: Optimizer, step: int, evaluation: int = 0, scaling: Scaling | None = None
    ) -> Record | None:
        """Measure the gradients that an optimizer is about to use."""
        began = time.perf_counter()
        tensors = parameters_of(optimizer)
        source = self.source(id(optimizer), tensors)
        if source is None:
            return None
        if id(optimizer) not in self._owners or self._owners[id(optimizer)]() is not optimizer:
            self._owners[id(optimizer)] = weakref.ref(optimizer)
        grads = [p.grad for p in tensors]
        inside = self._losses.depth > 0 and not evaluation
        detail = self._inside[0].detail if inside and self._inside else source.budget.next()
        if inside:
            detail = Detail(detail.norms, detail.counts)
        record = Record(step, source, source.layout, source.at, detail, {})
        record.evaluation = evaluation
        record.optimizer = self._board.number(optimizer)
        add_lr(record, optimizer)
        record.add_loss(self._losses.take())
        self._stage(record, optimizer, scaling or self._scalers.current)
        if detail.norms:
            record.parts |= source.gradients(grads, detail)
        if inside:
            self._inside.append(record)
            return None
        if detail.weights and evaluation <= 1:
            source.remember_weights()
        record.cost = time.perf_counter() - began
        return record

    def _stage(self, record: Record, optimizer: Optimizer, scaling: Scaling | None) -> None:
        if scaling is not None:
            scaling.stepped = True
            record.stage = "unscaled"
            if scaling.scale is not None:
                record.parts["scale"] = scaling.scale
            divisor = getattr(optimizer, "grad_scale", None)
            if isinstance(divisor, Tensor):
                record.parts["divisor"] = divisor.detach().double().reshape(())
            found = getattr(optimizer, "found_inf", None)
            if isinstance(found, Tensor):
                record.parts["found_inf"] = found.detach().double().sum()
        clip = self._clips.take(record.source.ids)
        if clip is not None:
            record.stage = "clipped"
            if clip.factor is not None:
                record.parts["clip"] = clip.factor.detach().double().reshape(())

    def _after(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        with self._quiet("after a step"):
            record = self._open.pop(id(optimizer), None)
            if record is not None:
                self._finish(record)

    def _finish(self, record: Record) -> None:
        began = time.perf_counter()
        if record.detail.weights:
            record.parts["weights"] = record.source.weights()
        record.cost += time.perf_counter() - began
        self._records.send(record)

    def _watched(self, optimizer: Optimizer, closure: Callable[..., Any]) -> Callable[..., Any]:
        """A closure of whose every evaluation a record is made; the last one has the update."""
        step, count = self.new_step(), 0

        def watched(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            out = closure(*args, **kwargs)
            count += 1
            with self._quiet("a closure"):
                before = self._open.get(id(optimizer))
                record = self._begin(optimizer, step, count)
                if before is not None:
                    self._records.send(before)
                    if record is not None:  # the update is that of the whole step
                        record.detail = replace(record.detail, weights=before.detail.weights)
                self._open[id(optimizer)] = record
            return out

        return watched

    def _skipped(self, optimizer: Optimizer, scaling: Scaling) -> None:
        """A scaler has thrown a step away: no hook was called."""
        if self.only is not None and optimizer is not self.only:
            return
        self._see(optimizer)
        record = self._begin(optimizer, self.new_step(), scaling=scaling)
        if record is not None:
            record.skipped = True
            self._finish(record)

    def end_of_backward(self) -> None:
        """Optimizers that stepped within a backward pass, one a parameter, make one record."""
        inside, self._inside = self._inside, []
        layout = self._board.layout
        if not inside or layout is None or not inside[0].detail.norms:
            return
        first = inside[0]
        parts = [record for record in inside if record.layout is layout]
        tensors = [t for record in parts for t in record.source.tensors]
        at = self._board.at(tensors)
        if at is None:
            return
        together = Record(first.step, first.source, layout, at, first.detail, dict(first.parts))
        home = first.parts["grads"].device
        together.parts["grads"] = torch.cat([r.parts["grads"].to(home) for r in parts])
        together.parts.pop("histograms", None)
        together.stage, together.lr = first.stage, first.lr
        together.optimizer = min(record.optimizer for record in parts)
        together.backwards = first.backwards
        self._next = together.step + 1
        self._records.send(together)
