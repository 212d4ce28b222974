"""A recorded run as numpy arrays, for notebooks and scripts: `gradtui.open_run(path)`."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gradtui.core.autopsy import Autopsy
from gradtui.core.errors import UsageError
from gradtui.core.event import RunInfo
from gradtui.core.facts import Facts
from gradtui.core.layout import IntArray, Layout
from gradtui.core.metric import Metric
from gradtui.core.paths import is_there
from gradtui.core.snapshot import Act, Grad, NonFinite, U32Array, Weight
from gradtui.core.text import printable
from gradtui.runstore.files.reading import in_a_sentence
from gradtui.runstore.files.run_folders import find_run, runs_home
from gradtui.runstore.format.block import Block, empty
from gradtui.runstore.format.records import RecordArray
from gradtui.runstore.ranks.merge import merged
from gradtui.runstore.ranks.process_status import Ranks
from gradtui.runstore.reader.by_name import ByName
from gradtui.runstore.reader.every_step import EveryStep
from gradtui.runstore.reader.load import Loaded, facts_of, load
from gradtui.runstore.reader.metrics import metrics_of
from gradtui.runstore.reader.scalar_files import measured_steps


class OpenRun(EveryStep):
    """What a run has recorded so far; files are read when an array is first asked for.

    Scalars (`steps`, `loss`, ...) have one element for every step; per-tensor series one for every
    step in `kept_steps`, weights and updates for every one in `weight_steps`. Ranks are merged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._loaded: Loaded = load(path, histograms=True)

    def __repr__(self) -> str:
        return f"<run {self.path.name}: {self.state}, {len(self.steps)} steps>"

    @property
    def layout(self) -> Layout:
        """Tensors and rows, in the order of every array below."""
        return self._loaded.layout

    @property
    def info(self) -> RunInfo:
        """How the run was set up: device, optimizer, precision, task, clipping."""
        return self._loaded.info

    @property
    def command(self) -> tuple[str, ...]:
        """The command line, secrets masked."""
        return self._loaded.ranks[0].header.command

    @property
    def state(self) -> str:
        """ "running", "ended", "crashed" or "lost"."""
        return self._loaded.status.state

    @property
    def ranks(self) -> Ranks:
        """How each process of the run is."""
        return self._loaded.status

    @property
    def events(self) -> tuple[dict[str, Any], ...]:
        """The lines of the events files."""
        return self._loaded.events

    @property
    def first_nonfinite(self) -> NonFinite | None:
        """Step, phase and place of the first NaN or infinity; None where there is none."""
        return self._loaded.first_nonfinite

    @property
    def autopsy(self) -> Autopsy | None:
        """What running that step once more has found out; None where it was not tried."""
        seen = self._loaded.first_nonfinite
        return None if seen is None else seen.autopsy

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names, in the order of the columns of every `array`."""
        return tuple(tensor.name for tensor in self.layout.tensors)

    def facts(self, max_steps: int = 4096) -> Facts:
        """What `diagnose` reads."""
        return facts_of(self._loaded, max_steps)

    @cached_property
    def scalars(self) -> RecordArray:
        """[steps] of dtype STEP: every field that the steps file has."""
        nothing = Layout((), ())
        with in_a_sentence(self.path):
            blocks = [_last_evaluations(rank.steps.all()) for rank in self._loaded.ranks]
            return merged(blocks, nothing).scalars

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """What the program has logged, by name (`step`, `time`, `value`, `given`: [logged] each); of
        each name the lowest rank's that has it."""
        return dict(metrics_of(self._loaded.ranks))

    @property
    def kept_steps(self) -> IntArray:
        """[kept] the steps that the gradients below belong to."""
        return self._loaded.block.steps

    @cached_property
    def measured_steps(self) -> IntArray:
        """[measured] all steps whose gradients were measured, also those that are not kept."""
        return measured_steps(self._loaded.ranks)

    @property
    def weight_steps(self) -> IntArray:
        """[measured] the steps that weights and updates belong to."""
        block = self._loaded.block
        return block.steps[block.has_weights]

    @cached_property
    def grad_norm(self) -> ByName:
        """L2 norm of each gradient as the optimizer got it; NaN where there was none."""
        return self._grads(Grad.NORM)

    @cached_property
    def grad_abs_max(self) -> ByName:
        """Largest magnitude of an element; NaN where norms alone were taken."""
        return self._grads(Grad.ABS_MAX)

    @cached_property
    def zeros(self) -> ByName:
        """Elements that are exactly zero; NaN where norms alone were taken."""
        return self._grads(Grad.ZEROS)

    @cached_property
    def nonfinite(self) -> ByName:
        """Elements that are NaN or infinite; 1 for any number of them where norms alone were taken on
        an accelerator."""
        return self._grads(Grad.NONFINITE)

    @cached_property
    def weight_norm(self) -> ByName:
        """L2 norm of each tensor, after the step."""
        return self._weights(Weight.NORM)

    @cached_property
    def weight_abs_max(self) -> ByName:
        """Largest magnitude of an element."""
        return self._weights(Weight.ABS_MAX)

    @cached_property
    def update_norm(self) -> ByName:
        """L2 norm of what the step has changed."""
        return self._weights(Weight.UPDATE)

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of the layers, in the order of the columns of the activations below."""
        return tuple(row.name for row in self.layout.rows)

    @property
    def activation_steps(self) -> IntArray:
        """[looked at] the steps that the activations below belong to."""
        block = self._loaded.block
        return block.steps[block.has_activations]

    @cached_property
    def output_variance(self) -> ByName:
        """Variance of each layer's output; NaN where it was not seen."""
        return self._activations(Act.VARIANCE)

    @cached_property
    def output_rms(self) -> ByName:
        """Its root mean square."""
        return self._activations(Act.RMS)

    @cached_property
    def dead_units(self) -> ByName:
        """Share of units that are zero for the whole batch; NaN where that was not seen."""
        return self._activations(Act.DEAD)

    @cached_property
    def saturated(self) -> ByName:
        """Share of values on the flat ends of a bounded activation; NaN for others."""
        return self._activations(Act.SATURATED)

    @property
    def histograms(self) -> dict[int, U32Array]:
        """Step -> [tensors, HIST_BINS] counts of log2|g|."""
        return self._loaded.block.histograms

    def _grads(self, column: int) -> ByName:
        return ByName(self.tensors, self._loaded.block.grads[:, :, column])

    def _activations(self, column: int) -> ByName:
        block = self._loaded.block
        return ByName(self.rows, block.activations[block.has_activations, :, column])

    def _weights(self, column: int) -> ByName:
        block = self._loaded.block
        return ByName(self.tensors, block.weights[block.has_weights, :, column])


def _last_evaluations(found: RecordArray) -> Block:
    """Every step of one rank, the last evaluation of each, without its tensors."""
    steps = found["step"]
    last = np.append(steps[1:] != steps[:-1], True)[: len(steps)]
    kept = found if last.all() else found[last]
    bare = empty(Layout((), ()), len(kept))
    bare.scalars = kept
    return bare


def open_run(path: str | Path = "", runs: str | Path | None = None) -> OpenRun:
    """Open a run by path, by name, by a part that only one name has, by part@last for the newest that
    has it, or the newest. Imports no torch.

    Raises UsageError where there is no such run, GradtuiError where it cannot be read.
    """
    given = Path(path)
    if len(given.parts) > 1 and not is_there(given):
        raise UsageError(f"there is no directory {printable(str(given))}")
    return OpenRun(find_run(path, runs_home(runs)))
