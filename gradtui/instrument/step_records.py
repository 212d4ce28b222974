"""From measured tensors to snapshots: numbered, sent to the host without waiting, handed on."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gradtui.core.autopsy import Autopsy
from gradtui.core.event import Event
from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.snapshot import Grad, Snapshot
from gradtui.instrument.backward_passes import Loss
from gradtui.instrument.budget import NOTHING, Budget, Detail, Ledger
from gradtui.instrument.clipping import ClipCall
from gradtui.instrument.cost_meter import CostMeter
from gradtui.instrument.unclipped_norms import Cut, unclipped
from gradtui.runstore.format.scalar_rows import NormsAlone, Row, ScalarRows
from gradtui.runstore.writer.ports import Sink
from gradtui.stats.host_copy import HostCopy, keep_inherited
from gradtui.stats.nonfinite import first_nonfinite
from gradtui.stats.step_tensors import tables
from gradtui.stats.tensors import moved

NAN = float("nan")
TOGETHER, SOON = 64, 0.2
"""Steps whose scalars are fetched from a device at once, at most, and seconds until they are."""
Late = Callable[[int, str, float, bool], Autopsy | None]


@dataclass(slots=True)
class StepRecord:
    """One snapshot to be: what is known without asking the device, and what is on its way."""

    detail: Detail
    parts: dict[str, Tensor]
    layout: Layout | None = None
    at: IntArray | None = None
    step: int = -1
    stage: str = "raw"
    optimizer: int = 0
    evaluation: int = 0
    loss: float = NAN
    objective: float = NAN
    later: Loss | None = None
    """The two, where they are known only when their parts have reached the host."""
    told: bool = False
    """Whether `loss` is what the program computed."""
    left: bool = False
    """Whether it is what was left at the end: what is in the weights may have been there for long."""
    cuts: list[tuple[IntArray, IntArray, bool]] = field(default_factory=list)
    """For each clipping: places of the tensors, their places in the call, and whether that is all."""
    autopsy: Autopsy | None = None
    lr: float = NAN
    scale: float = NAN
    """The loss scale, where it is known without asking the device."""
    skipped: bool = False
    beyond_scaling: bool = False
    """A scaler has thrown it away, and no loss scale would have helped."""
    raised: bool = False
    replayed: bool = False
    """From a CUDA graph: gradients are as that has left them."""
    backwards: int = 1
    seconds: float = 0.0
    overhead: float = 0.0
    norms: NormsAlone | None = None
    """Where they are known of a step that is otherwise let through; without numbers while these are on
    their way, among `parts`."""
    absent: BoolArray | None = None
    """[n] of these which have no gradient, where they come from an accelerator."""
    doubtful: bool = False
    """Whether these have arrived from an accelerator, and are not all finite."""
    looking: float = 0.0
    """Seconds of the overhead that went to activations, which have a cadence of their own."""
    time: float = field(default_factory=time.time)
    """Seconds since 1970."""

    @property
    def lost(self) -> bool:
        """Whether norms alone were taken, on an accelerator, and they or the loss turn out not to be
        finite."""
        if self.norms is None:
            return False
        return self.doubtful or (self.told and not isfinite(self.loss))

    def take_norms(self, known: NormsAlone) -> None:
        """What is known of the gradients, in place of what was measured later: they may be gone by then,
        or others."""
        self.stage = known.stage(scaled=self.scale == self.scale)
        columns = torch.from_numpy(known.table()[known.at])
        others = [Grad.ABS_MAX, Grad.ZEROS, Grad.SUM]
        columns[:, others] = self.parts["grads"][:, others].to("cpu", torch.float64)
        self.parts["grads"] = columns
        if self.stage == "clipped":
            every = np.arange(len(known.at))
            self.cuts = [(every, every, True)]
            for name, value in (("factor 0", known.factor), ("norm 0", known.total)):
                self.parts[name] = torch.tensor(value, dtype=torch.float64)

    def add_loss(self, loss: Loss) -> None:
        self.backwards = loss.count
        remote = loss.remote()
        if remote:
            home = remote[-1].device
            self.later = loss
            self.parts["loss"] = torch.stack([moved(t, home) for t in remote])
        elif (sums := loss.sums()) is not None:
            self.loss, self.objective, self.told = *sums, True

    def arrived(self, name: str, values: FloatArray) -> None:
        """One of the scalars among `parts`."""
        if name == "lr":
            self.lr = float(values[0])
        elif name == "scale":
            self.scale = float(values[0])
        elif name == "norms" and self.norms is not None:
            self.absent = np.isnan(self.norms.norms)
            self.norms = self.norms._replace(norms=values)
            self.doubtful = not np.isfinite(values[~self.absent]).all()
        elif name == "total" and self.norms is not None:
            self.norms = self.norms._replace(total=float(values[0]))
        elif name == "loss" and self.later is not None:
            sums = self.later.sums(values)
            self.loss, self.objective = sums if sums is not None else (NAN, NAN)
            self.told = sums is not None

    def add_clips(self, clips: Sequence[ClipCall], ids: Sequence[int]) -> None:
        """How the gradients of the tensors with these ids were clipped, in that order."""
        place = {key: i for i, key in enumerate(ids)}
        for clip in clips:
            shown = [(place[key], i) for i, key in enumerate(clip.order) if key in place]
            at, given = (np.array(column, np.int64) for column in zip(*shown, strict=True))
            whole = len(at) == clip.count
            for name, value in (
                ("factor", clip.factor),
                ("norm", clip.norm),
                ("norms", clip.norms),
            ):
                if value is not None:
                    self.parts[f"{name} {len(self.cuts)}"] = value
            self.cuts.append((at, given, whole))

    def add_lr(self, optimizer: Any) -> None:
        """The learning rate of the first group, a number or a tensor."""
        groups = getattr(optimizer, "param_groups", ())
        lr = groups[0].get("lr") if groups else None
        if isinstance(lr, Tensor) and lr.numel() == 1 and lr.is_cpu:
            self.lr = float(lr)
        elif isinstance(lr, Tensor) and lr.numel() == 1:
            self.parts["lr"] = lr.detach().reshape(()).double()
        elif isinstance(lr, (int, float)):
            self.lr = float(lr)


def bare_record(step: int, when: float) -> StepRecord:
    """Of a step of which scalars are recorded and nothing else."""
    return StepRecord(NOTHING, {}, step=step, time=when)


@dataclass(slots=True)
class RecordBatch:
    """Records of scalars whose numbers travel together: `at` says whose those of each part are, and
    how many."""

    records: list[StepRecord]
    at: dict[str, list[tuple[StepRecord, int]]]

    def fill(self, parts: dict[str, FloatArray]) -> None:
        """The numbers have arrived."""
        for name, shares in self.at.items():
            begin = 0
            for record, size in shares:
                record.arrived(name, parts[name][begin : begin + size])
                begin += size


class StepRecorder:
    """`send`, `add` and `flush` put what is measured, and the scalars between, into the sink in
    order."""

    def __init__(self, sink: Sink, meter: CostMeter, ledger: Ledger, late: Late) -> None:
        self.sink = sink
        self._meter, self._ledger = meter, ledger
        self._copy: HostCopy[StepRecord | RecordBatch | Event] | None = None
        self._device = torch.device("cpu")
        self.late = late
        """Asked where a step turns out not to be finite only now."""
        self.settled: Callable[[int], None] = lambda step: None
        """Told of each step in full whose numbers have arrived."""
        self.last_step = -1
        """The last that has been handed on in full."""
        self.lost = False
        """Whether anything that is not finite has been handed on."""
        self.direct = False
        """Whether rows may be appended: nothing is on its way that comes before them."""
        self.rows: deque[Row] | None = None
        """Where steps go that are let through, while `let_through` need not be called."""
        self.latest: Row | None = None
        """The last step of which scalars alone were handed on."""
        self._through: ScalarRows | None = None
        self._first = 0
        self._later: list[StepRecord] = []

    def let_through(self) -> deque[Row]:
        """Begin a stretch of steps that are let through; ends when something else is handed on."""
        self._through = ScalarRows()
        self._first = self._meter.steps - 1
        self.rows = self._through.rows
        self.sink.follow(self._through)
        return self.rows

    def has_room(self, tensors: int) -> bool:
        """Whether norms of so many may wait to be written."""
        return self._through is None or self._through.has_room(tensors)

    def count_norms(self, count: int) -> None:
        """So many were appended to `rows`."""
        if self._through is not None:
            self._through.norms += count

    def add(self, record: StepRecord) -> None:
        """A step of which scalars are recorded and nothing else. Where they are on a device several
        steps go together, so that it takes little time and no wait."""
        if not record.parts and not self._later and self.direct:
            self._append(record)
            return
        self._later.append(record)
        late = record.time - self._later[0].time
        if len(self._later) >= TOGETHER or not 0 <= late < SOON or self._device.type == "cpu":
            self._send_later()
            self._hand_on(wait=False)

    def send(self, record: StepRecord, budget: Budget) -> None:
        """The step is over. All that has been taken since the last record is charged to it: steps
        that were let through have none of their own. What is still to be done here, such as handing
        on, is the next one's."""
        if not record.detail.norms:
            self.add(record)
            return
        cost = self._account(record)
        self.submit(record)
        self._hand_on(wait=False)
        budget.took(record.detail, cost - record.looking)

    def charge(self, record: StepRecord, budget: Budget) -> None:
        """What was measured is of no use, but has taken its time."""
        if record.detail.norms:
            budget.took(record.detail, self._account(record) - record.looking)

    def _account(self, record: StepRecord) -> float:
        """What measuring it has cost, in seconds."""
        spent = self._meter.take()
        cost = self._meter.lately_timed
        record.seconds = self._ledger.add(spent, cost) or spent
        record.overhead = spent * self._ledger.stretch
        return cost

    def submit(self, record: StepRecord) -> None:
        """Send what was measured on its way, not charging anything to it."""
        if self._copy is None:
            self._begin(record.parts)
        self._send_later()
        self._copied(record, record.parts)

    def tell(self, event: Event) -> None:
        """Hand an event on, after all that came before it and without a wait for that."""
        self._send_later()
        if self._copy is None:
            self._close()
            self.sink.tell(event)
            return
        self._copy.submit(event, {})
        self._hand_on(wait=False)

    def begin_anew(self, sink: Sink) -> None:
        """Forget what is on its way: it is another process's."""
        keep_inherited(self._copy, self._later)
        self.sink, self._copy, self.last_step = sink, None, -1
        self.direct, self.rows, self._through, self._later = False, None, None, []
        self.latest = None

    def flush(self) -> None:
        try:
            self._send_later()
            self._hand_on(wait=True)
        finally:
            self._close()

    def _begin(self, parts: Mapping[str, Tensor]) -> None:
        """Through an accelerator where any of these is on one: nothing that is there is waited for then."""
        devices = [part.device for part in parts.values()]
        device = next((one for one in devices if one.type != "cpu"), self._device)
        self._device, self._copy = device, HostCopy(device)
        self.direct = device.type == "cpu"

    def _copied(self, ticket: StepRecord | RecordBatch, parts: dict[str, Tensor]) -> None:
        assert self._copy is not None
        if self._device.type != "cpu" or any(t.device.type != "cpu" for t in parts.values()):
            parts = {name: moved(t, self._device) for name, t in parts.items()}
        self._copy.submit(ticket, parts)

    def _send_later(self) -> None:
        """Send the scalars off that have come up together."""
        if not self._later:
            return
        records, self._later = self._later, []
        if self._copy is None:
            self._begin({str(at): t for at, t in enumerate(_all_parts(records))})
        at: dict[str, list[tuple[StepRecord, int]]] = {}
        values: dict[str, list[Tensor]] = {}
        for record in records:
            for name, part in record.parts.items():
                flat = moved(part.detach().reshape(-1).double(), self._device)
                at.setdefault(name, []).append((record, len(flat)))
                values.setdefault(name, []).append(flat)
        parts = {name: torch.cat(some) for name, some in values.items()}
        self._copied(RecordBatch(records, at), parts)

    def _hand_on(self, *, wait: bool) -> None:
        if self._copy is None:
            return
        for ticket, parts in self._copy.flush() if wait else self._copy.ready():
            if isinstance(ticket, Event):
                self._close()
                self.sink.tell(ticket)
                continue
            if isinstance(ticket, RecordBatch):
                ticket.fill(parts)
                for record in ticket.records:
                    if record.lost:
                        self._put(record, {"grads": _columns(record)})
                    else:
                        self._append(record)
                continue
            self._put(ticket, parts)

    def _put(self, record: StepRecord, parts: dict[str, FloatArray]) -> None:
        snapshot = _snapshot(record, parts, self.late)
        self.lost |= snapshot.nonfinite is not None
        self._close()
        self.sink.put(snapshot)
        self.last_step = record.step
        self.settled(record.step)

    def _append(self, record: StepRecord) -> None:
        norms = record.norms
        rows = self.let_through() if self.rows is None else self.rows
        scalars = record.loss, record.lr, record.optimizer, record.backwards, record.scale
        others = record.objective, record.skipped, norms
        self.latest = (record.step, record.time, *scalars, *others)
        rows.append(self.latest)
        if norms is not None:
            self.count_norms(len(norms.norms))

    def _close(self) -> None:
        """Something else is about to be handed on."""
        if self._through is not None:
            self._through.close(self._meter.steps - self._first)
            self._through = self.rows = None


def _all_parts(records: Iterable[StepRecord]) -> Iterator[Tensor]:
    return (part for record in records for part in record.parts.values())


def _columns(record: StepRecord) -> FloatArray:
    """[tensors of the record, Grad.COLUMNS] of norms alone; 1 stands for any number that is not finite."""
    assert record.norms is not None
    columns = record.norms.table()[record.norms.at]
    if record.doubtful:
        columns[:, Grad.NONFINITE] = ~np.isfinite(columns[:, Grad.NORM])
        if record.absent is not None:
            columns[record.absent, Grad.NONFINITE] = NAN
    return columns


def _snapshot(record: StepRecord, parts: dict[str, FloatArray], late: Late) -> Snapshot:
    layout, at = record.layout, record.at
    assert layout is not None
    assert at is not None
    measured = parts["grads"]
    if record.replayed and not measured[:, Grad.NORM].any():  # cleared within the graph
        measured[:] = NAN
        record.stage = "unknown"
    if "divisor" in parts:  # a fused optimizer divides by the loss scale itself
        measured[:, [Grad.NORM, Grad.ABS_MAX, Grad.SUM]] /= float(parts["divisor"])
    if "divisor" in parts:  # counted as they lie, not as they are used
        parts = {name: part for name, part in parts.items() if name != "histograms"}
    found = tables(layout, parts, at, at)
    grads, weights = found.grads, found.weights
    cuts = _cuts(record, parts)
    factors = [cut.factor for cut in cuts if not np.isnan(cut.factor)]
    norms = np.full(len(layout.tensors), np.nan)
    if cuts:
        norms[at] = unclipped(measured[:, Grad.NORM], cuts, ~np.isnan(measured[:, Grad.NONFINITE]))
    skipped = record.skipped or bool(parts.get("found_inf", np.zeros(())) > 0)
    loss, objective = record.loss, record.objective
    if record.later is not None and "loss" in parts:
        sums = record.later.sums(parts["loss"])
        loss, objective = (loss, objective) if sums is None else sums
    seen = None
    if not skipped or record.beyond_scaling:
        known = loss if "loss" in parts or record.told else 0.0
        if record.left:
            none = np.full_like(grads, NAN)
            seen = first_nonfinite(layout, record.step, 0.0, none, weights, None)
        if seen is None:
            seen = first_nonfinite(layout, record.step, known, grads, weights, record.autopsy)
        if seen is not None and seen.autopsy is None:
            seen = seen._replace(autopsy=late(record.step, seen.phase, known, record.replayed))
    return Snapshot(
        run=0,
        step=record.step,
        loss=loss,
        objective=objective,
        grads=grads,
        stage=record.stage,
        lr=float(parts.get("lr", record.lr)),
        seconds=record.seconds,
        overhead=record.overhead,
        clip_coefficient=min(factors, default=NAN),
        norms_before=norms if cuts else None,
        loss_scale=float(parts.get("scale", record.scale)),
        skipped=skipped,
        raised=record.raised,
        weights=weights,
        activations=parts.get("activations"),
        histograms=found.histograms,
        states=found.states,
        nonfinite=seen,
        optimizer=record.optimizer,
        evaluation=record.evaluation,
        backwards=record.backwards,
        time=record.time,
    )


def _cuts(record: StepRecord, parts: dict[str, FloatArray]) -> list[Cut]:
    out = []
    for i, (at, given, whole) in enumerate(record.cuts):
        factor, norm = (float(parts.get(f"{name} {i}", NAN)) for name in ("factor", "norm"))
        norms = parts.get(f"norms {i}")
        if norms is not None:
            norms = norms[given] / float(parts.get("divisor", 1.0))
        out.append(Cut(at, factor, norm, whole, norms))
    return out
