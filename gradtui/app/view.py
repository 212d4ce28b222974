"""All that the screen shows at one moment, as one frozen value: widgets read nothing else."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gradtui.app.folding import Entry
from gradtui.app.watched_run import Mode
from gradtui.core.event import Failed, RunInfo
from gradtui.core.facts import Facts
from gradtui.core.layout import Layout
from gradtui.core.machine_load import MachineLoad
from gradtui.core.metric import Metrics
from gradtui.core.snapshot import U32Array
from gradtui.core.stretch import Stretch
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis
from gradtui.doctor.guessing import Guess
from gradtui.doctor.remedy_effect import RemedyEffect
from gradtui.lab.scenario.schema import Scenario
from gradtui.theory import NO_THEORY, Theory

OVER = ("finished", "stopped", "failed", "detached")
"""States of a run of which no more steps come."""
STALE = 2.0
"""Seconds from which on what is shown of a run that goes on says how old it is."""


class Choice(NamedTuple):
    """A quantity to be shown: `name` is that of a metric, empty for what was measured."""

    kind: Literal["loss", "norm", "rate", "metric"]
    name: str = ""


LOSS = Choice("loss")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether the remedies help, over the steps that both runs have taken."""

    treatment: RemedyEffect | None
    """None while it is too early to tell."""
    steps: int
    """Steps that both have taken; where the untreated run broke down, those of the treated one."""
    enough: int
    """Steps from which on it is judged."""
    short: bool = False
    """The untreated run ended before the treated one: no more steps will be judged."""


SICK = "sick"
"""What the untreated run is called beside the treated one."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The run that the one on screen is compared with: the sick one, while a remedy is on, or another
    recorded one."""

    title: str
    facts: Facts
    diagnosis: Diagnosis
    judgement: Judgement | None = None
    called: str = SICK
    """What it is called in few cells."""
    twin: bool = True
    """Whether it is the same run, untreated."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known of a recorded run beside its steps."""

    command: str = ""
    log: tuple[str, ...] = ()
    """The end of what the command has printed, safe to show."""
    code: int | None = None
    """What the command has ended with, 128+n after signal n; None while it runs or nobody knows."""
    stopping: str = ""
    """What is being done to end it."""
    waited: float = 0.0
    """Seconds since the screen was opened."""
    ranks: tuple[str, ...] = ()
    """What is wrong with ranks."""
    world: int = 1
    """Processes that train together."""
    last_step: int = -1
    """The last step of a replay."""
    speed: str = ""
    """How fast a replay plays."""
    kept: bool = True
    """Whether there is a file of what the command prints: without a screen that goes elsewhere."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How the gradients on screen were come by."""

    stage: str = "raw"
    backwards: int = 1
    optimizers: int = 1
    skipped: int = 0
    """Steps that were thrown away so far, of those that came through."""


class Axes(NamedTuple):
    """Cells of the axes of charts, and of a heat map; 0: there is none."""

    charts: tuple[int, ...] = ()
    heat: int = 0


NO_AXES = Axes()


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
    diagnosis: Diagnosis = NOTHING_SEEN
    theory: Theory = NO_THEORY
    """What theory predicts from the weights."""
    reference: Reference | None = None
    histograms: tuple[int, U32Array] | None = None
    """(step, [tensors, HIST_BINS]) nearest before the step being looked at."""
    recorded: tuple[tuple[int, U32Array], ...] = ()
    """All such that are kept, up to that step."""
    live_step: int = -1
    """The newest step, whatever is being looked at."""
    scrubbing: bool = False
    frozen: bool = False
    """The view is held while the run goes on."""
    steps_per_s: float = float("nan")
    age: float = 0.0
    """Seconds since the newest step of a run that is under way came."""
    overhead: float = float("nan")
    """Share of training time that the monitor takes, 0..1."""
    dropped: int = 0
    taken: int = 0
    """Steps that the run took, once it has said so at its end; 0 before, and while scrubbing."""
    measured_steps: int | None = None
    """Steps whose gradients were measured; None where nobody has counted them, and while scrubbing."""
    failure: Failed | None = None
    order: tuple[int, ...] = ()
    """The row that each line shows, filtered and sorted, as indices into `layout.rows`."""
    entries: tuple[Entry, ...] = ()
    """What each line of `order` is, where rows are in groups; empty where each is a row."""
    matched: int | None = None
    """Rows that pass the filter, where that is not one a line."""
    selected: int = 0
    """Index into `order`."""
    opened: int | None = None
    """The row of which everything is shown; None: the selected line's."""
    mode: Mode = "lab"
    outside: Outside = Outside()
    measured: Measured = Measured()
    machine: MachineLoad | None = None
    """How busy the machine that trains is; None where it is not this one, and for what is over."""
    metrics: Metrics = field(default_factory=dict)
    """What the program has logged up to the step being looked at."""
    choice: Choice = LOSS
    """What the first chart shows."""
    guess: Guess | None = None
    """What the loss would be if nothing were learned."""
    whole: Facts | None = None
    """All that is known of the run, also of the steps after the one being looked at."""
    whole_metrics: Metrics = field(default_factory=dict)
    """The same of what the program has logged."""
    stretch: Stretch | None = None
    """All steps of a part of it, where they have been read from its record."""
    log_scale: bool = True
    axes: Axes = NO_AXES
    """Those of the steps that are in sight together, and have the same labels."""
    own_scale: bool = False
    """Cells of the heat map are as tall as they are high among its own values."""
    ascii_only: bool = False
    braille: bool = False
    """Curves are drawn in dots, eight to a cell."""

    @property
    def rows_matched(self) -> int:
        """Rows that pass the filter, folded or not."""
        return len(self.order) if self.matched is None else self.matched

    @property
    def row(self) -> int | None:
        """The row of which everything is shown; None where there is none."""
        if self.opened is not None or not 0 <= self.selected < len(self.order):
            return self.opened
        return self.order[self.selected]
