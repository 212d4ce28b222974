"""Activations of a watched program: read from the graph of a loss, before the backward pass of a step that
is going to be measured in full, as often as their part of the budget allows."""

from collections.abc import Callable
from math import isfinite, nan
from typing import Any

import torch
from torch import Tensor

from gradtui.autograd.layer_outputs import LayerOutput, layer_outputs, readable
from gradtui.core.layout import Layout
from gradtui.core.snapshot import Act
from gradtui.core.wiring import Faults
from gradtui.instrument.budget import Ledger
from gradtui.instrument.collapse_watch import CollapseWatch
from gradtui.instrument.exception_guard import ExceptionGuard
from gradtui.instrument.param_groups import ParamGroup
from gradtui.instrument.range_watch import RangeWatch
from gradtui.instrument.remade_layers import RemadeLayers
from gradtui.instrument.replaced_parts import ReplacedParts
from gradtui.instrument.softmax_watch import SoftmaxWatch
from gradtui.instrument.step_listeners import StepListener
from gradtui.instrument.step_records import StepRecord
from gradtui.patching.cuda_capture import capturing
from gradtui.stats.activations import (
    FLAT_ENDS,
    batches,
    output_statistics,
    put,
    unit_statistics,
)
from gradtui.stats.tensors import moved

EVERY, FIRST = 10, 3
"""Steps between two looks, at least, and how many of the first steps are looked at one after the other."""
NEVER = 1 << 62
SELDOM = 1000
"""Steps between two looks of which nothing has come so far."""
HURRIED = 8
"""Looks in a run that come before the budget has room for them."""
SHARE = 0.1
"""Of what may be spent on measuring, at most."""
EXAMPLES = 32
"""Of a batch from which on it is told which units answer to none of them: of fewer many a sound unit
answers to none."""
COLUMNS = (Act.VARIANCE, Act.RMS, Act.NONFINITE)
UNIT_COLUMNS = (Act.DEAD, Act.SATURATED)


class ActivationCapture(StepListener):
    """Looks before a backward pass; `take` is for the record of the step that it belongs to."""

    def __init__(self, guard: ExceptionGuard, ledger: Ledger, awaited: Callable[[], bool]) -> None:
        """`awaited` says whether the next step is measured in full, whoever takes it."""
        self._guard, self._ledger, self._awaited = guard, ledger, awaited
        self._collapse, self._ranges = CollapseWatch(), RangeWatch()
        self.replaced_parts, self.remade_layers = ReplacedParts(), RemadeLayers()
        self._softmaxes = SoftmaxWatch()
        self.forget()

    @property
    def told(self) -> Faults:
        """What the graphs that were looked at have shown by now."""
        return tuple(fault for part in self._parts for fault in part.told)

    @property
    def _parts(
        self,
    ) -> tuple[CollapseWatch | RangeWatch | ReplacedParts | RemadeLayers | SoftmaxWatch, ...]:
        remade, replaced = self.remade_layers, self.replaced_parts
        return self._ranges, self._collapse, remade, replaced, self._softmaxes

    def forget(self) -> None:
        self._found: dict[int, Tensor] = {}
        """[COLUMNS] by the id of the layer's weight."""
        self._missing: dict[int, int] = {}
        """The most tensors without a gradient at any measured step, by the key of their optimizer."""
        self._hurried = 0
        self._step, self._next, self._looks = -1, 0, 0
        self._sources: set[int] = set()
        self._source = 0
        """By id, those that records are of, and that of the last look."""
        self._others_turn = False
        """Whether the next pass is let go: of optimizers in turns, looks would fall to the same one."""
        self._taken = False
        """Whether anything that was found has become part of a record."""
        self._cost = 0.0
        for part in self._parts:
            part.forget()

    def backward_begins(self, roots: Any) -> None:
        meter = self._guard.meter
        step = meter.steps
        if step == self._step or step < self._next or not self._awaited() or capturing():
            return
        if self._others_turn:
            self._others_turn = False
            return
        self._step, self._found = step, {}
        self._next = NEVER  # for good where this fails
        began = meter.clock()
        self._hurried += self.replaced_parts.pending
        with self._guard("activations"):
            if (seen := readable(roots)) is not None:
                self._found = statistics(layer_outputs(*seen))
                self._collapse.look(*seen, step)
                self._ranges.look(*seen)
                self._softmaxes.look(*seen)
                self.remade_layers.look(seen[0])
                self.replaced_parts.look(seen[0], step)
                del seen  # its nodes hold what the pass needs
            self._looks += 1
            self._cost = meter.clock() - began
            self._next = step + self._pause()

    @property
    def again(self) -> int:
        """Steps until another look, where one is to agree with the last one; else 0."""
        return EVERY if self.replaced_parts.pending and self._hurried < HURRIED else 0

    def missing(self, key: int, count: int) -> None:
        """So many tensors of this optimizer have no gradient at a measured step. Where that is more than it
        ever was, the next graph is looked at, whatever it costs: a part may have been made anew."""
        if count > self._missing.get(key, 0):
            self._missing[key] = count
            self._next = min(self._next, self._step + 1)

    def _pause(self) -> int:
        """Steps until the next look."""
        if self.replaced_parts.pending and isfinite(self._ledger.share):
            return EVERY
        if not self._found:
            return NEVER if self._looks >= FIRST else 1
        if not self._taken and self._looks > FIRST:
            return SELDOM  # of an optimizer that nobody sees, or of one after many passes
        if not isfinite(self._ledger.share):
            return 1
        if not self._ledger.scarce:
            return 1 if self._looks < FIRST else EVERY
        wanted = self._cost / (SHARE * self._ledger.room)
        return max(EVERY, int(min(wanted, NEVER)))

    def add_to(self, record: StepRecord, source: ParamGroup) -> None:
        """What was seen in the backward pass of this record's step."""
        self._sources.add(id(source))
        found = self.take(source, record.step)
        if found is not None:
            self._others_turn = len(self._sources) > 1 and id(source) == self._source
            self._source = id(source)
            record.parts["activations"] = found
            record.looking = self._cost
            self._cost = 0.0

    def take(self, source: ParamGroup, step: int) -> Tensor | None:
        """[rows, Act.COLUMNS] of the rows whose weights are among these, NaN for others; None where
        nothing was seen in this step's backward pass. `step` is below 0 where it is not numbered yet."""
        if not self._found or (step >= 0 and step != self._step) or source.layout is None:
            return None
        assert source.at is not None
        layout: Layout = source.layout
        lines = {
            layout.tensors[int(place)].row: self._found.pop(key)
            for key, place in zip(source.ids, source.at, strict=True)
            if key in self._found
        }
        if not lines:
            return None
        self._taken = True
        home = next(iter(lines.values())).device
        blank = torch.full((Act.COLUMNS,), nan, dtype=torch.float64, device=home)
        rows = range(len(layout.rows))
        return torch.stack([moved(lines.get(row, blank), home) for row in rows])


def statistics(outputs: list[LayerOutput]) -> dict[int, Tensor]:
    """[Act.COLUMNS] float64 for each layer, by the id of its weight. The signal is NaN: it is known
    only once the backward pass has been there."""
    kept = {at: one.values for at, one in enumerate(outputs)}
    lines = {
        at: torch.full((Act.COLUMNS,), nan, dtype=torch.float64, device=one.values.device)
        for at, one in enumerate(outputs)
    }
    for some, stacked in batches(kept, lambda at: None):
        table = output_statistics(stacked)
        for at, line in zip(some, table, strict=True):
            put(lines[at], COLUMNS, line)
    answers = {
        at: one.values
        for at, one in enumerate(outputs)
        if one.activation != "identity" and one.examples >= EXAMPLES
    }
    for some, stacked in batches(answers, lambda at: (outputs[at].units, outputs[at].activation)):
        first = outputs[some[0]]
        table = unit_statistics(stacked, 1 + first.units, FLAT_ENDS.get(first.activation))
        for at, line in zip(some, table, strict=True):
            put(lines[at], UNIT_COLUMNS, line)
    return {id(one.weight): lines[at] for at, one in enumerate(outputs)}
