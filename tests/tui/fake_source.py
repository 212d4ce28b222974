"""A scripted source: plays made-up runs without torch, at a pace the test chooses."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from gradtui.core.control import Control, Pause, Resume, Start, StepOnce
from gradtui.core.event import (
    Building,
    Ended,
    Event,
    Failed,
    NonFiniteSeen,
    Paused,
    Resumed,
    Started,
)
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.scenario.schema import Remedy, Scenario, Setup
from gradtui.stream.ports import Delivery
from tests import factories
from tests.factories import MadeUp

Pick = Callable[[Start], MadeUp | Exception]


def scenario(name: str, title: str = "", group: str = "depth", remedies: int = 2) -> Scenario:
    return Scenario(
        name=name,
        title=title or name.replace("_", " "),
        story=f"The story of {name}.\n\nWatch the layers.",
        expect="vanishing_gradient",
        group=group,
        setup=Setup(),
        steps=60,
        seed=7,
        remedies=tuple(Remedy(f"cure number {i + 1}") for i in range(remedies)),
    )


CATALOGUE: tuple[Scenario, ...] = (
    scenario("vanishing_sigmoid", "Twenty sigmoids deep"),
    scenario("exploding_init", "Weights too large", "scale"),
    scenario("healthy_relu", "As it should be", "health", 0),
    scenario("very_deep", "152 layers", "depth", 9),
    scenario("cannot_build", "Fails on purpose", "health", 0),
)


def pick(start: Start) -> MadeUp | Exception:
    """What the catalogue's scenarios play; remedies heal."""
    if start.remedies:
        return factories.healthy(20, 10_000)
    match start.scenario:
        case "vanishing_sigmoid":
            return factories.vanishing(20, 10_000)
        case "exploding_init":
            return factories.exploding(12, 10_000)
        case "very_deep":
            return factories.healthy(152, 10_000)
        case "cannot_build":
            return RuntimeError("the [red]device[/] is\x1b[31m gone")
    return factories.healthy(8, 10_000)


class FakeSource:
    """Each poll brings `per_poll` steps, or as many as `rate` a second have become due."""

    def __init__(
        self, choose: Pick = pick, *, per_poll: int = 2, rate: float = 0.0, every: int = 5
    ) -> None:
        self.choose = choose
        self.per_poll = per_poll
        self.rate = rate
        self.every = every
        self.sent: list[Control] = []
        self.closed = False
        self.dropped = 0
        self.start: Start | None = None
        self._made: MadeUp | None = None
        self._step = 0
        self._paused = False
        self._once = 0
        self._events: list[Event] = []
        self._late: list[Snapshot] = []
        self._last = time.monotonic()
        self._owed = 0.0

    @property
    def starts(self) -> list[Start]:
        return [control for control in self.sent if isinstance(control, Start)]

    def send(self, control: Control) -> None:
        self.sent.append(control)
        match control:
            case Start():
                self._begin(control)
            case Pause():
                self._paused = True
                self._events.append(Paused(self._run, self._step))
            case Resume():
                self._paused = False
                self._events.append(Resumed(self._run))
            case StepOnce():
                self._paused = True
                self._once += 1
                self._events.append(Paused(self._run, self._step))
            case _:
                pass

    def close(self) -> None:
        self.closed = True

    @property
    def _run(self) -> int:
        return self.start.run if self.start is not None else 0

    def _begin(self, start: Start) -> None:
        if self._made is not None and self._step:
            self._late = [self._snapshot(self._step)]  # of the run just replaced
        self.start, self._step, self._paused, self._once = start, 0, False, 0
        self._events.append(Building(start.run, "building 20 layers"))
        made = self.choose(start)
        if isinstance(made, Exception):
            self._made = None
            trace = f"Traceback (most recent call last):\nRuntimeError: {made}"
            self._events.append(Failed(start.run, 0, str(made), trace))
            return
        self._made = made
        known = next(s for s in CATALOGUE if s.name == start.scenario)
        seed = known.seed if start.seed is None else start.seed
        info = replace(made.info, title=known.title, seed=seed, steps=made.steps)
        self._events.append(Started(start.run, made.layout, info))

    def _snapshot(self, step: int) -> Snapshot:
        made = self._made
        assert made is not None
        seen = None
        if made.nan_from == step:
            seen = NonFinite(step, "backward", made.layout.rows[3].name, "weight")
        return factories.snapshot(
            made.layout,
            step,
            made.norms(step),
            loss=made.loss(step) if made.loss else None,
            run=self._run,
            slow=step % self.every == 0,
            nonfinite=seen,
        )

    def _due(self) -> int:
        if self._made is None:
            return 0
        if self._paused:
            due, self._once = self._once, 0
            return due
        if not self.rate:
            return self.per_poll
        now = time.monotonic()
        self._owed += min(now - self._last, 1.0) * self.rate
        self._last = now
        due = int(self._owed)
        self._owed -= due
        return due

    def poll(self) -> Delivery:
        late, self._late = self._late, []
        snapshots: Sequence[Snapshot] = late
        due = self._due()
        if self._made is not None:
            steps = range(self._step, min(self._step + due, self._made.steps))
            fresh = [self._snapshot(step) for step in steps]
            self._step += len(fresh)
            self._events += [NonFiniteSeen(self._run, s) for s in fresh if s.nonfinite is not None]
            if fresh and self._step == self._made.steps:
                self._events.append(Ended(self._run, self._step, "finished"))
            snapshots = [*late, *fresh]
        events, self._events = tuple(self._events), []
        return Delivery(events, tuple(snapshots), self.dropped)
