"""The thinning files of one generation, and which steps are written to them at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gradtui.core.layout import BoolArray, FloatArray, IntArray, Layout
from gradtui.core.snapshot import Snapshot
from gradtui.runstore.format.file_names import detail_name
from gradtui.runstore.format.records import NONFINITE, RecordArray, detail_dtype
from gradtui.runstore.writer.thinning import ThinningFile

SHARES = {"tensors": 0.5, "weights": 0.2, "activations": 0.125, "histograms": 0.125, "states": 0.05}
"""Of the budget of a rank."""

NEIGHBOURS = 2
"""Steps kept in full before and after one that is not finite."""

LIVE, LIVE_HISTOGRAMS = 32.0, 2.0
"""Records a second that are plenty for whoever watches, where the file is thinner than that."""

SPARSE = 32
"""Every how manieth step is written, where another rank writes the same; and times less room."""

MEASURED = {name: name for name in ("weights", "activations", "histograms", "states")}
"""File -> the field of a snapshot that goes there at its cadence."""


@dataclass(slots=True)
class Taken:
    """A step that has a scalar record: its index there, and whether its details are written."""

    record: int
    snapshot: Snapshot
    written: bool


class DetailFiles:
    """What one generation of a layout writes beside the scalars of every step."""

    def __init__(
        self,
        directory: Path,
        label: str,
        generation: int,
        layout: Layout,
        budget: int,
        *,
        sparse: bool = False,
    ) -> None:
        """`sparse`: another rank writes the same."""
        self._every = SPARSE if sparse else 1
        self._directory = directory
        self._label = label
        self._generation = generation
        self._layout = layout
        self._budget = budget // self._every
        self._files: dict[str, ThinningFile] = {}
        self._latest: list[Taken] = []
        self._broken: BoolArray = np.zeros(NEIGHBOURS, np.bool_)
        self.period = 1

    def add(
        self,
        records: RecordArray,
        places: IntArray,
        snapshots: Sequence[Snapshot],
        grads: FloatArray,
        rate: float,
    ) -> None:
        """Steps that have just got the scalar `records` at the indices `places` of the steps file;
        `rate` is how many come a second. Raises OSError."""
        broken = (records["flags"] & NONFINITE) != 0
        seen = np.concatenate([self._broken, broken])
        count, near = len(broken), seen.copy()
        for by in range(1, NEIGHBOURS + 1):
            near[by:] |= seen[:-by]
            near[:-by] |= seen[by:]
        self._broken = seen[-NEIGHBOURS:]
        special = near[NEIGHBOURS:]
        self._remember(near[:NEIGHBOURS])
        slow = [any(getattr(s, name) is not None for name in MEASURED.values()) for s in snapshots]
        turns = records["step"] // self.period
        regular = turns % self._stride("tensors", rate / LIVE) == 0
        wanted = special | ((regular | np.array(slow)) & (turns % self._every == 0))
        wanted[0] |= "tensors" not in self._files
        self._latest += [
            Taken(int(places[i]), snapshots[i], bool(wanted[i]))
            for i in range(max(count - NEIGHBOURS, 0), count)
        ]
        del self._latest[:-NEIGHBOURS]
        self._write(np.flatnonzero(wanted), places, snapshots, grads, special, rate)

    def write_latest(self) -> None:
        """The newest step in full, if it is not yet. Raises OSError."""
        if self._latest and not self._latest[-1].written:
            self._catch_up(self._latest[-1:], special=False)

    def shrink(self, budget: int) -> None:
        """Make room for the files of later generations. Raises OSError."""
        self._budget = budget // self._every
        for kind, file in self._files.items():
            file.limit(self._share(kind), self.period)

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _remember(self, near: BoolArray) -> None:
        """Keep the last steps of the batch before where this one turns out to be special."""
        late = near[NEIGHBOURS - len(self._latest) :]
        taken = [t for t, special in zip(self._latest, late, strict=True) if special]
        for old in taken:
            if old.written:
                for file in self._files.values():
                    file.mark(old.snapshot.step)
        self._catch_up([t for t in taken if not t.written], special=True)

    def _catch_up(self, taken: list[Taken], *, special: bool) -> None:
        for old in taken:
            old.written = True
            grads = old.snapshot.grads[None]
            mark = np.array([special])
            place = np.array([old.record])
            self._write(np.zeros(1, np.int64), place, [old.snapshot], grads, mark, 0.0)

    def _write(
        self,
        at: npt.NDArray[np.int64],
        places: IntArray,
        snapshots: Sequence[Snapshot],
        grads: FloatArray,
        special: BoolArray,
        rate: float,
    ) -> None:
        # The gradients come last: whoever sees them finds the rest of the step there already.
        refused: OSError | None = None
        for kind, name in MEASURED.items():
            here = [i for i in at.tolist() if getattr(snapshots[i], name) is not None]
            if kind == "histograms" and kind in self._files:
                stride = self._stride(kind, rate / LIVE_HISTOGRAMS)
                here = [
                    i for i in here if special[i] or snapshots[i].step // self.period % stride == 0
                ]
            if here:
                try:
                    self._append(kind, places, snapshots, here, special)
                except OSError as error:  # there may be room for the smaller ones
                    refused = error
        if len(at):
            file = self._file("tensors")
            out = np.empty(len(at), file.dtype)
            out["record"] = places[at]
            out["step"] = [snapshots[i].step for i in at]
            out["values"] = grads[at]
            file.add(out, special[at], self.period)
        if refused is not None:
            raise refused

    def _append(
        self,
        kind: str,
        places: IntArray,
        snapshots: Sequence[Snapshot],
        here: list[int],
        special: BoolArray,
    ) -> None:
        file = self._file(kind)
        out = np.empty(len(here), file.dtype)
        for place, i in enumerate(here):
            values = getattr(snapshots[i], MEASURED[kind])
            if values.shape != file.dtype["values"].shape:
                return
            out[place] = (places[i], snapshots[i].step, values)
        file.add(out, special[here], self.period)

    def _stride(self, kind: str, crowded: float) -> int:
        """Every how many steps one is written: no more often than will be kept, except for who
        watches."""
        file = self._files.get(kind)
        live = 1
        while live * 2 <= crowded:
            live *= 2
        return min(live, file.stride if file is not None else 1) if kind == "tensors" else live

    def _share(self, kind: str) -> int:
        return int(self._budget * SHARES[kind])

    def _file(self, kind: str) -> ThinningFile:
        if kind not in self._files:
            path = self._directory / detail_name(kind, self._label, self._generation)
            dtype = detail_dtype(kind, self._layout)
            self._files[kind] = ThinningFile(path, dtype, self._share(kind))
        return self._files[kind]
