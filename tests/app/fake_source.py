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
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy, Setup
from gradtui.runstore.writer.ports import Delivery
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
        remedies=tuple(ScenarioRemedy(f"cure number {i + 1}") for i in range(remedies)),
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


class Playing:
    """One made-up run, as far as it has been played."""

    def __init__(self, start: Start, made: MadeUp) -> None:
        self.start = start
        self.made = made
        self.step = 0

    @property
    def over(self) -> bool:
        return self.step >= self.made.steps


class FakeSource:
    """Each poll brings `per_poll` steps, or as many as `rate` a second have become due. A twin is
    played as the lab trains it: in step, once it has been caught up with."""

    def __init__(
        self,
        choose: Pick = pick,
        *,
        per_poll: int = 2,
        rate: float = 0.0,
        every: int = 5,
        catalogue: Sequence[Scenario] = CATALOGUE,
    ) -> None:
        self.choose = choose
        self.catalogue = catalogue
        self.per_poll = per_poll
        self.rate = rate
        self.every = every
        self.sent: list[Control] = []
        self.closed = False
        self.refusal = ""
        """Why nothing can be asked of it."""
        self.dropped = 0
        self.start: Start | None = None
        self._held: dict[int, Playing] = {}
        self._paused = False
        self._once = 0
        self._events: list[Event] = []
        self._late: list[Snapshot] = []
        self._last = time.monotonic()
        self._owed = 0.0

    @property
    def starts(self) -> list[Start]:
        return [control for control in self.sent if isinstance(control, Start)]

    def send(self, control: Control) -> str:
        self.sent.append(control)
        if self.refusal and not isinstance(control, Start):
            return self.refusal
        main = self._main
        step = main.step if main is not None else 0
        match control:
            case Start():
                self._begin(control)
            case Pause():
                self._paused = True
                self._events.append(Paused(self._run, step))
            case Resume():
                self._paused = False
                self._events.append(Resumed(self._run))
            case StepOnce():
                self._paused = True
                self._once += 1
                self._events.append(Paused(self._run, step))
            case _:
                pass
        return ""

    def close(self) -> None:
        self.closed = True

    @property
    def _run(self) -> int:
        return self.start.run if self.start is not None else 0

    @property
    def _main(self) -> Playing | None:
        return self._held.get(self._run)

    def _begin(self, start: Start) -> None:
        wanted = [start] if start.beside is None else [start, start.beside]
        gone = self._held.keys() - {each.run for each in wanted}
        for number in gone:
            played = self._held.pop(number)
            if played.step:
                self._late = [self._snapshot(played)]
        self.start, self._paused, self._once = start, False, 0
        for each in wanted:
            self._take_up(each)

    def _take_up(self, start: Start) -> None:
        if start.run in self._held:
            if not self._held[start.run].over:
                self._events.append(Resumed(start.run))
            return
        self._events.append(Building(start.run, "building 20 layers"))
        made = self.choose(start)
        if isinstance(made, Exception):
            trace = f"Traceback (most recent call last):\nRuntimeError: {made}"
            self._events.append(Failed(start.run, 0, str(made), trace))
            return
        self._held[start.run] = Playing(start, made)
        known = next(s for s in self.catalogue if s.name == start.scenario)
        seed = known.seed if start.seed is None else start.seed
        info = replace(made.info, title=known.title, seed=seed, steps=made.steps)
        self._events.append(Started(start.run, made.layout, info))

    def _snapshot(self, playing: Playing) -> Snapshot:
        made, step = playing.made, playing.step
        seen = None
        if made.nan_from == step:
            seen = NonFinite(step, "backward", made.layout.rows[3].name, "weight")
        return factories.snapshot(
            made.layout,
            step,
            made.norms(step),
            loss=made.loss(step) if made.loss else None,
            run=playing.start.run,
            slow=step % self.every == 0,
            nonfinite=seen,
        )

    def _due(self) -> int:
        if self._main is None:
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
        snapshots, self._late = self._late, []
        main = self._main
        for _ in range(self._due()):
            for playing in sorted(self._held.values(), key=lambda each: each is not main):
                caught_up = main is not None and playing.step < main.step
                if not playing.over and (playing is main or caught_up):
                    snapshots.append(self._play(playing))
        events, self._events = tuple(self._events), []
        return Delivery(events, tuple(snapshots), self.dropped)

    def _play(self, playing: Playing) -> Snapshot:
        run, snapshot = playing.start.run, self._snapshot(playing)
        playing.step += 1
        if snapshot.nonfinite is not None:
            self._events.append(NonFiniteSeen(run, snapshot))
        if playing.over:
            self._events.append(Ended(run, playing.step, "finished"))
        return snapshot
