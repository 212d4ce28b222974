"""What happens beside the steps of a run. Events are few and never dropped."""

from dataclasses import dataclass

from gradtui.core.layout import Layout
from gradtui.core.logged import Logged
from gradtui.core.snapshot import Snapshot
from gradtui.core.wiring import Faults


@dataclass(frozen=True, slots=True)
class OptimizerGroup:
    """One group of parameters of an optimizer, as it was when the layout was made.

    `optimizer` is its number, in order of construction, and `name` its class; `place` says which of its
    `count` groups this is, from 0 on. `settings` as in `RunInfo`, of this group.
    """

    optimizer: int
    name: str
    place: int
    count: int
    lr: float | None = None
    """None where it is no plain number."""
    settings: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class RunInfo:
    """How a run was set up, for the header and for the rules.

    `task` is "classification" or "regression" (or "critic": the loss may fall for ever);
    `classes` is 0 unless classification; `precision` is the scenario's word for it. `steps` is how many it
    means to take, over all optimizers; 0 where that is not known.
    """

    title: str
    device: str
    optimizer: str
    precision: str
    task: str
    classes: int
    steps: int
    seed: int
    residual: bool = False
    clip: str = ""
    """How gradients are clipped, in words; empty where they are not."""
    clip_value: float | None = None
    """The largest magnitude that clipping by value leaves of an element; None where nothing clips so."""
    not_plain: str = ""
    """Why the rows may not be taken for layers that follow one another; empty where they may."""
    carried: tuple[float, ...] = ()
    """[rows] log10 of the gradient norm that the first weights give each row, in units of the output
    row's; empty where that was not found out."""
    wiring: Faults = ()
    """What is put together wrongly in the program, as far as its first steps show it."""
    mean_loss: float = 0.0
    """What answering with the mean of the first batches' targets costs, of a mean of squares; 0 where that
    is not known."""
    label_loss: float = 0.0
    """What answering with the frequencies of the labels costs, as the first batches have them; 0 where that
    is not known."""
    unseen_tensors: int = 0
    """Of the models that are watched, tensors that are to be trained and of which nothing was seen:
    they are not in the layout. What optimizers step is always seen; these are of programs that
    update by hand."""
    unseen_elements: int = 0
    unseen_names: tuple[str, ...] = ()
    """Of the first few of them, in the order of registration."""
    synchronised: bool = False
    """Whether all ranks get the same gradients, by DistributedDataParallel."""
    settings: tuple[tuple[str, float], ...] = ()
    """Numbers that the first optimizer was made with, of its first group: "momentum", "beta1", "beta2",
    "eps", "weight_decay", those that it has."""
    groups: tuple[OptimizerGroup, ...] = ()
    """The groups of parameters that tensors of the layout lie in; empty where that is not known."""
    by_schedule: bool = False
    """Whether `steps` is what the schedule of the learning rate says, and not a loop."""
    epoch_steps: float = 0.0
    """Steps of an epoch; 0 where there are none, or that is not known."""
    samples: int = 0
    """Examples of the first backward pass; 0 where that cannot be told."""
    tokens: int = 0
    """Positions of the sequences in it; 0 where its examples are none."""
    replayed: bool = False
    """Whether steps are replayed from a CUDA graph: their gradients are read after them, and no call in
    them can be looked at."""
    attached: int | None = None
    """Steps that the optimizers had taken, by their own counts, when the process was attached to, -1 where
    that is not known; None of a run that is recorded from its first step."""
    logged: Logged | None = None
    """What is known of a run that another tool has logged; None of one that was recorded."""


@dataclass(frozen=True, slots=True)
class Building:
    """The worker has taken up a Start and is building model and data."""

    run: int
    what: str


@dataclass(frozen=True, slots=True)
class Started:
    run: int
    layout: Layout
    info: RunInfo


@dataclass(frozen=True, slots=True, eq=False)
class NonFiniteSeen:
    """The first step with a NaN or an infinity that no loss scaler caught."""

    run: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Paused:
    run: int
    step: int


@dataclass(frozen=True, slots=True)
class Resumed:
    run: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The run is over after `step` steps. `reason` is "finished", "stopped" or "nonfinite"."""

    run: int
    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The run raised. `message` is one sentence for people, `traceback` the rest; `loss` is the one of
    which no step was taken, NaN where there was none."""

    run: int
    step: int
    message: str
    traceback: str
    loss: float = float("nan")


Event = Building | Started | NonFiniteSeen | Paused | Resumed | Ended | Failed
