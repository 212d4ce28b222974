"""All that the screen shows at one moment, as one frozen value: widgets read nothing else."""

from dataclasses import dataclass

from gradtui.core.event import Failed, RunInfo
from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.core.snapshot import U32Array
from gradtui.health.finding import UNDECIDED, Diagnosis
from gradtui.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Reference:
    """The run that the one on screen is compared with: the sick one, while a remedy is on."""

    title: str
    facts: Facts
    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class View:
    """`facts` ends at the step being looked at: the newest, or an earlier one while scrubbing."""

    state: str = "starting"
    """starting | loading | building | running | paused | finished | stopped | failed"""
    progress: str = ""
    """What is being waited for ("importing torch", "building 152 layers"); empty when nothing is."""
    scenario: Scenario | None = None
    remedies: tuple[int, ...] = ()
    """Indices of the scenario's remedies that are on."""
    info: RunInfo | None = None
    layout: Layout | None = None
    facts: Facts | None = None
    diagnosis: Diagnosis = UNDECIDED
    reference: Reference | None = None
    histograms: tuple[int, U32Array] | None = None
    """(step, [tensors, HIST_BINS]) nearest before the step being looked at."""
    live_step: int = -1
    """The newest step, whatever is being looked at."""
    scrubbing: bool = False
    frozen: bool = False
    """The view is held while the run goes on."""
    steps_per_s: float = float("nan")
    overhead: float = float("nan")
    """Share of training time that the monitor takes, 0..1."""
    dropped: int = 0
    failure: Failed | None = None
    order: tuple[int, ...] = ()
    """Rows to show, filtered and sorted, as indices into `layout.rows`."""
    selected: int = 0
    """Index into `order`."""
    log_scale: bool = True
    ascii_only: bool = False
