"""The files of one rank, read as they grow."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from gradtui.core.errors import GradtuiError
from gradtui.core.layout import IntArray, Layout
from gradtui.core.text import printable
from gradtui.runstore.files.reading import look_at
from gradtui.runstore.format.block import Block, aligned_places, block_bytes, empty, joined
from gradtui.runstore.format.file_names import (
    DETAILS,
    detail_name,
    events_name,
    header_name,
    steps_name,
)
from gradtui.runstore.format.json_lines import LineTail
from gradtui.runstore.format.layout_mapping import moved, onto
from gradtui.runstore.format.record_tail import Pick, RecordTail, StepsFile
from gradtui.runstore.format.records import LATEST, NONFINITE, RecordArray, detail_dtype, rising
from gradtui.runstore.format.run_header import Generation, Header
from gradtui.runstore.format.run_json import read_header

HISTOGRAMS = 24 << 20
"""Bytes of a past's histograms that are read, where there are more."""
RECENT = 8
"""Of a long past that share is its latest steps."""
ROOM = 256 << 20
"""Bytes of arrays that are made at once of one generation's records."""
REACH = 1 << 20
"""Steps that one record may stand for, of which the disk has not taken the others. Each step has one; in a
log, whose steps are another tool's, any number may be the first."""
TAIL = 512
"""Records at the end that are looked through where the last one is damaged."""


@dataclass(slots=True)
class Tails:
    """The files of one generation, and measurements whose step is still to come."""

    number: int
    layout: Layout
    files: dict[str, RecordTail]
    early: dict[str, RecordArray]
    mapped: tuple[Layout, int, IntArray, IntArray] | None = None
    """Where the tensors and rows of a layout are among those of `layout`, by so many generations."""

    def onto(self, layout: Layout, generations: Sequence[Generation]) -> tuple[IntArray, IntArray]:
        """[tensors], [rows] of `layout`: their places here, -1 where they are not."""
        count = len(generations)
        if self.mapped is None or self.mapped[0] is not layout or self.mapped[1] != count:
            later = [one.layout for one in generations[self.number + 1 :]]
            self.mapped = layout, count, *onto(self.layout, later, layout)
        return self.mapped[2:]


Stamp = tuple[int, int, int]


@lru_cache(maxsize=128)
def _known_header(path: Path, stamp: Stamp) -> Header:
    """Of a file that `stamp` tells from others: 64 of them take half a second, and are asked for anew by
    whoever opens the run, draws its title or shows how far it is. Nobody changes one that was read."""
    return read_header(path)


class RankFiles:
    """One rank of a run. Nothing here raises once the header has been read."""

    def __init__(self, directory: Path, label: str) -> None:
        """Raises GradtuiError where the header is missing, damaged or of another version."""
        self.directory = directory
        self.label = label
        self._stamp = self._stamped()
        self.header: Header = self._read_header(self._stamp)
        self.events = LineTail(directory / events_name(label))
        self.steps_path = directory / steps_name(label)
        self._tails: list[Tails] = []

    @property
    def steps(self) -> StepsFile:
        """The scalars of every step."""
        return StepsFile(self.steps_path, self.header.steps)

    @property
    def layout(self) -> Layout | None:
        """The newest; None before the first step."""
        return self.header.generations[-1].layout if self.header.generations else None

    @property
    def newest(self) -> RecordArray:
        """[1] STEP, the newest step on disk; [0] before the first. A number in a damaged file that so few
        records cannot have come to is none: then it is the last record before it which is in order."""
        file = self.steps
        record, count = file.last(), file.count
        logged = any(generation.info.logged for generation in self.header.generations)
        most = LATEST if logged else REACH * max(count, 1)
        if not len(record) or 0 <= int(record["step"][0]) < most:
            return record
        found = file.at(np.arange(max(count - TAIL, 0), count))
        found = found[(found["step"] >= 0) & (found["step"] < most)]
        return found[rising(np.asarray(found["step"], np.int64))][-1:]

    @property
    def last_step(self) -> int:
        """Its number, -1 before the first."""
        record = self.newest
        return int(record["step"][0]) if len(record) else -1

    def refresh(self) -> None:
        """Read the header again where it has been replaced."""
        stamp = self._stamped()
        if stamp is not None and stamp != self._stamp:
            with suppress(GradtuiError):
                self.header = self._read_header(stamp)
                self._stamp = stamp

    def _stamped(self) -> Stamp | None:
        """Tells the header's file from one that has replaced it; None where there is none."""
        try:
            there = look_at(self.directory / header_name(self.label))
        except OSError:
            return None
        return there.st_ino, there.st_mtime_ns, there.st_size

    def _read_header(self, stamp: Stamp | None) -> Header:
        path = self.directory / header_name(self.label)
        header = read_header(path) if stamp is None else _known_header(path, stamp)
        if header.label != self.label:
            raise GradtuiError(f"{printable(str(path))} is damaged: it is of rank {header.label}")
        return header

    def rewind(self) -> None:
        """Begin again with the first step."""
        self._tails = []

    def poll(self, layout: Layout, most: int = 0, *, histograms: bool = True) -> Block:
        """Kept steps that have come since the last call, as if all had been of `layout`; with `most`
        no more than about so many of a long past, as `aligned` picks them."""
        self._make_tails()
        read = (self._read(tails, layout, most, histograms) for tails in self._tails)
        blocks = [block for block in read if len(block)]
        if not blocks:
            return empty(layout)
        whole = joined(blocks)
        good = rising(whole.steps)  # a file of one generation may lie in the place of another's
        return _last_evaluations(whole if good.all() else whole.take(good))

    def scalars_at(self, steps: IntArray) -> tuple[RecordArray, IntArray]:
        """[n] STEP of those of the rising steps that the rank has taken, and where they are."""
        return self.steps.of_steps(steps)

    def gradients_at(self, records: IntArray, layout: Layout) -> Block:
        """Of the steps at rising places of the steps file those whose gradients are kept; nothing else of
        them is read."""
        self._make_tails()
        blocks = [empty(layout)]
        for tails in self._tails:
            found = tails.files["tensors"].find(records)
            block = empty(layout, len(found))
            block.scalars = self.steps.at(np.asarray(found["record"], np.int64))
            if len(block.scalars) == len(found):
                at, _ = tails.onto(layout, self.header.generations)
                block.grads = moved(found["values"], at, np.nan)
                blocks.append(block)
        whole = joined(blocks)
        return whole.take(rising(whole.steps))

    def _make_tails(self) -> None:
        for number in range(len(self._tails), len(self.header.generations)):
            self._tails.append(self._make(number))

    def _make(self, number: int) -> Tails:
        layout = self.header.generations[number].layout
        files = {}
        for kind in DETAILS:
            path = self.directory / detail_name(kind, self.label, number)
            files[kind] = RecordTail(path, detail_dtype(kind, layout))
        return Tails(number, layout, files, {})

    def _picked(self, records: IntArray, steps: IntArray, most: int) -> IntArray:
        """Which of the records of gradients are read."""
        if len(steps) <= most or not rising(records).all():
            return np.arange(len(steps))
        scalars = self.steps.at(records)
        broken = np.zeros(len(steps), np.bool_)
        broken[: len(scalars)] = scalars["flags"] & NONFINITE != 0
        return aligned_places(steps, broken, most, most // RECENT)

    def _read(self, tails: Tails, layout: Layout, most: int, histograms: bool) -> Block:
        # Gradients are written last and read first: the rest of their steps is there then.
        found = tails.files["tensors"].poll(
            max(ROOM // block_bytes(layout), 1),
            (lambda records, steps: self._picked(records, steps, most)) if most else None,
        )
        scalars = self.steps.at(np.asarray(found["record"], np.int64))
        found = found[: len(scalars)]
        good = rising(scalars["step"])
        if not good.all():
            scalars, found = scalars[good], found[good]
        if not len(found):
            return empty(layout)
        tensors, rows = tails.onto(layout, self.header.generations)
        block = empty(layout, len(found), moved(found["values"], tensors, np.nan))
        block.scalars = scalars
        for kind, into, flag, at in (
            ("weights", block.weights, block.has_weights, tensors),
            ("activations", block.activations, block.has_activations, rows),
        ):
            measured, place = self._measured(tails, kind, found)
            into[place] = moved(measured["values"], at, np.nan)
            flag[place] = True
        states, place = self._measured(tails, "states", found)
        columns = moved(states["values"], tensors, np.nan)
        # Of a step of its own or, where that was thinned away, of the next one that is kept.
        block.states = dict(zip(block.steps[place].tolist(), columns, strict=True))
        if not histograms:
            return block
        measured, _ = self._measured(
            tails, "histograms", found, _latest_of(tails) if most else None
        )
        if len(measured):
            counts = moved(measured["values"], tensors, 0)
            block.histograms = dict(zip(measured["step"].tolist(), counts, strict=True))
        return block

    def _measured(
        self, tails: Tails, kind: str, found: RecordArray, pick: Pick | None = None
    ) -> tuple[RecordArray, np.ndarray]:
        """Measurements up to the last of the steps found, each with the place of the first kept
        step at or after it: its own may have been thinned away."""
        fresh = tails.files[kind].poll(pick=pick)
        early = tails.early.get(kind)
        if early is not None and len(early):
            fresh = np.concatenate([early, fresh])
        place = np.searchsorted(found["record"], fresh["record"])
        due = place < len(found)
        if due.all():  # as a rule; and of histograms a copy would be large
            tails.early[kind] = fresh[:0].copy()
            return fresh, place
        tails.early[kind] = fresh[~due]
        return fresh[due], place[due]


def _latest_of(tails: Tails) -> Pick:
    """The latest histograms of a past: nobody looks at those of 10,000 tensors one after the other."""
    count = max(HISTOGRAMS // tails.files["histograms"].dtype.itemsize, 1)
    return lambda records, steps: np.arange(len(records))[-count:]


def _last_evaluations(block: Block) -> Block:
    """A step whose closure was evaluated several times is shown as it was the last time."""
    steps = block.steps
    last = np.append(steps[1:] != steps[:-1], True)
    return block if last.all() else block.take(last)


def labels(directory: Path) -> list[str]:
    """The labels of the ranks that have a header, unsorted."""
    out = []
    try:
        names = [path.name for path in directory.iterdir()]
    except OSError:
        return []
    for name in names:
        if name == "run.json":
            out.append("0")
        elif name.startswith("run-") and name.endswith(".json"):
            out.append(name[4:-5])
    return out
