"""What a viewer may ask of a training run. Applied between two steps, never inside one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class StepOnce:
    """Take one step, then pause."""


@dataclass(frozen=True, slots=True)
class SetPace:
    """Hold training back to so many steps a second, to watch it; 0 = as fast as it goes."""

    steps_per_s: float


@dataclass(frozen=True, slots=True)
class RecordAll:
    """Measure every step in full from now on, at any price; with `on` False within the budget again."""

    on: bool = True


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run after the step under way."""


@dataclass(frozen=True, slots=True)
class Detach:
    """Take every hook off a program that was attached to; its training goes on."""


@dataclass(frozen=True, slots=True)
class Start:
    """Replace whatever is running by this scenario. `run` is chosen by the viewer and comes back
    in every event and snapshot, so that stale ones can be told. A run that is there already, because
    it was the one running or stood beside it, goes on from where it is."""

    run: int
    scenario: str
    remedies: tuple[int, ...] = ()
    """Indices into the scenario's remedies, applied in this order."""
    seed: int | None = None
    """None = the scenario's own."""
    beside: "Start | None" = None
    """Its twin, the untreated run of the same seed: trained in step with it once it has caught up."""


Control = Pause | Resume | StepOnce | SetPace | RecordAll | Stop | Detach | Start
