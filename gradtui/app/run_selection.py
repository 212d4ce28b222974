"""Which run is on screen: scenarios, remedies, seeds, each choice a fresh start."""

from collections.abc import Callable, Sequence

from gradtui.app.notice import Notice
from gradtui.app.run_state import RunState
from gradtui.app.target import Mode
from gradtui.app.view_state import ViewState
from gradtui.core.control import Control, SetPace, Start
from gradtui.core.errors import UsageError
from gradtui.core.facts import Facts
from gradtui.core.text import did_you_mean, printable
from gradtui.doctor.finding import Diagnosis
from gradtui.lab.scenario.schema import Scenario

DEBOUNCE = 0.1
"""Seconds that a choice must stand before it is sent: n held down must not build every scenario."""


class RunSelection(ViewState):
    """The run on screen is `current`; while a remedy is on, `reference` is its untreated twin, which
    goes on training beside it from where it is."""

    def __init__(
        self,
        catalogue: Sequence[Scenario],
        start: Start,
        *,
        ascii_only: bool,
        mode: Mode,
        ask: Callable[[Facts], Diagnosis],
        new_seed: Callable[[], int],
    ) -> None:
        self.catalogue = tuple(catalogue)
        self._ask = ask
        self._new_seed = new_seed
        self._base_seed = start.seed
        self._waiting: list[Control] = []
        self._notices: list[Notice] = []
        self._pausing: bool | None = None
        self._runs = start.run
        self._due: float | None = float("-inf")
        scenario = self.find(start.scenario)
        super().__init__(RunState(start, scenario, ask), ascii_only, mode)
        if start.remedies:
            self._begin(scenario, start.remedies, start.seed, float("-inf"))

    def find(self, name: str) -> Scenario:
        """The scenario of that name, or a UsageError that suggests one."""
        for scenario in self.catalogue:
            if scenario.name == name:
                return scenario
        hint = did_you_mean(name, (s.name for s in self.catalogue))
        raise UsageError(
            f"there is no scenario {printable(name)!r}{hint or ': `gradtui list` shows them all'}"
        )

    def choose(self, name: str, now: float) -> None:
        """Switch to another scenario, untreated."""
        scenario = self.find(name)
        self.reference = None
        self.rows.reset()
        self._begin(scenario, (), self._base_seed, now + DEBOUNCE)

    def neighbour(self, by: int, now: float) -> None:
        """Switch to the scenario `by` places further in the catalogue, round the end."""
        names = [scenario.name for scenario in self.catalogue]
        at = names.index(self.current.scenario.name)
        self.choose(names[(at + by) % len(names)], now)

    def toggle_remedy(self, index: int, now: float) -> None:
        """Treat the run, or take a treatment back: the same seed, hence the same batches."""
        old = self.current
        count = len(old.scenario.remedies)
        if index >= count:
            known = f"remedies 1 to {count}" if count > 1 else f"{count or 'no'} remedy"
            self._notices.append(Notice(f"This scenario has {known}.", "warning"))
            return
        on = old.start.remedies
        remedies = tuple(i for i in on if i != index) if index in on else (*on, index)
        if not remedies and self.reference is not None:
            self._show(self.reference, now + DEBOUNCE)
            self.reference = None
            return
        if not on:
            self.reference = old
            self.compare = True
        self._begin(old.scenario, remedies, old.start.seed, now + DEBOUNCE)

    def restart(self, now: float) -> None:
        """The same run from the beginning."""
        old = self.current
        self._begin(old.scenario, old.start.remedies, old.start.seed, now + DEBOUNCE)

    def reseed(self, now: float) -> None:
        """The same run from another seed, and its twin with it."""
        old = self.current
        seed = self._new_seed()
        self.reference = None
        self._begin(old.scenario, old.start.remedies, seed, now + DEBOUNCE)
        self._notices.append(Notice(f"New seed {seed}."))

    def _begin(
        self, scenario: Scenario, remedies: tuple[int, ...], seed: int | None, due: float
    ) -> None:
        """Start a run; a treated one with its twin beside it, a fresh one where there is none."""
        if remedies and (self.reference is None or self.reference.failure is not None):
            self._runs += 1
            untreated = Start(self._runs, scenario.name, (), seed)
            self.reference = RunState(untreated, scenario, self._ask)
        self._runs += 1
        twin = self.reference.start if remedies and self.reference is not None else None
        start = Start(self._runs, scenario.name, remedies, seed, twin)
        self._show(RunState(start, scenario, self._ask), due)

    def _show(self, run: RunState, due: float) -> None:
        """Put a run on screen and have it trained."""
        self._due = due
        self._waiting = [control for control in self._waiting if isinstance(control, SetPace)]
        self._pausing = None
        self.to_live()
        self.current = run
