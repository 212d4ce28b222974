"""A run directory that is followed, as values and findings to send."""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gradtui.app.diagnosis_timing import DiagnosisTiming
from gradtui.commands.forward.finding_log import FindingLog, layer_names, safe
from gradtui.commands.forward.folder import run_name
from gradtui.commands.forward.logged_values import LoggedValues
from gradtui.commands.forward.rank_values import MOST_RANKS, RankValues
from gradtui.commands.forward.records import Batch, RunAbout, Standing, StepValues, Told
from gradtui.commands.forward.values import scalar_values, step_values
from gradtui.core.errors import GradtuiError
from gradtui.core.event import Ended, Failed, NonFiniteSeen, Started
from gradtui.core.history import History
from gradtui.core.metric import Metrics
from gradtui.core.secrets import masked
from gradtui.core.snapshot import Snapshot
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis
from gradtui.runstore.files.reading import any_numbers
from gradtui.runstore.ranks.process_status import read_ranks
from gradtui.runstore.reader.run_reader import RunReader
from gradtui.runstore.writer.ports import Delivery

MOST_LAYERS = 128
"""Layers whose values are sent: each is a series of its own wherever they go."""
EVERY = 5.0
"""Seconds between two diagnoses."""
SHARE = 0.02
"""Of a core, for them."""


def about(directory: Path) -> RunAbout:
    """What a run is called, and what it is of. Raises GradtuiError where there is none."""
    headers = [rank.header for rank in read_ranks(directory)]
    command = safe(" ".join(masked(headers[0].command)))
    ranks = max(len(headers), *(header.world_size for header in headers))
    return RunAbout(safe(run_name(directory)), command, ranks)


class FollowedRun:
    """What has come of a run since the last look. Raises GradtuiError where there is none."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._attempt = directory, -1
        self._reader = RunReader(directory)
        self._history: History | None = None
        self._doctor = DiagnosisTiming(every=EVERY, share=SHARE)
        self._log = FindingLog()
        self._names: list[str] = []
        self._sent = self._sent_scalars = -1
        """The last steps that were given on: the past comes again where the layout has changed."""
        self._logged = LoggedValues()
        self._metrics: Metrics = {}
        self._ranks = RankValues()
        self._ending = ""
        self._left_out = 0
        """Layers that are not sent."""

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not sent as there is too much of it, sentences."""
        logged, ranks = self._logged, self._ranks
        counts = (
            ("layers", len(self._names), self._left_out),
            ("names that the program logs under", logged.names, logged.left_out),
            ("ranks by themselves", MOST_RANKS, ranks.left_out),
        )
        return tuple(
            f"the first {sent:,} of {sent + left_out:,} {what} are sent"
            for what, sent, left_out in counts
            if left_out
        )

    @property
    def over(self) -> bool:
        """Whether the run has said how it ended, or is seen to have."""
        return bool(self._ending)

    def look(self, *, last: bool = False) -> Batch:
        """`last`: nothing is sent after this, so that what is found now is told, and how the run ended."""
        with any_numbers():
            delivery = self._reader.poll()
            self._hear(delivery)
            self._metrics = (
                delivery.metrics or self._metrics
            )  # some may be there before any step is
            history = self._history
            if history is None:
                return Batch()
            steps = self._steps(delivery, history)
            steps += self._logged.fresh(self._metrics)
            steps += self._ranks.look(self._reader.files, time.monotonic(), last=last)
            told = self._told(history, last=last)
            return Batch(steps, told, self._standing(history))

    def _hear(self, delivery: Delivery) -> None:
        for event in delivery.events:
            match event:
                case Started(layout=layout, info=info):
                    self._history = History(layout, info) if layout.tensors else None
                    self._names = layer_names(layout, MOST_LAYERS)
                    self._left_out = len(layout.rows) - len(self._names)
                    self._ending = ""
                    self._see_attempt()
                case NonFiniteSeen(snapshot=snapshot):
                    # The snapshot itself may have been thinned away; where it showed must not.
                    if self._history is not None and self._history.first_nonfinite is None:
                        self._history.first_nonfinite = snapshot.nonfinite
                case Ended(reason=reason):
                    self._ending = safe(reason) or "ended"
                case Failed(message=message):
                    self._ending = safe(message) or "failed"

    def _see_attempt(self) -> None:
        """The past comes again, and is not sent again; but of another attempt the steps begin anew."""
        with suppress(GradtuiError):
            attempt = read_ranks(self._directory)[0].header.attempt
            if attempt != self._attempt:
                self._attempt = attempt
                self._sent = self._sent_scalars = -1
                self._log.begin_anew()

    def _steps(self, delivery: Delivery, history: History) -> list[StepValues]:
        fresh: list[Snapshot] = []
        for snapshot in delivery.snapshots:
            if history.latest is None or snapshot.step > history.latest.step:
                history.append(snapshot)
            if snapshot.step > self._sent:
                fresh.append(snapshot)
        if fresh:
            self._sent = fresh[-1].step
        with_scalars = delivery.scalars is None
        out = step_values(fresh, history.layout, self._names, with_scalars=with_scalars)
        scalars = delivery.scalars
        if scalars is not None and len(scalars):
            history.follow(scalars)
            out += scalar_values(scalars.take(scalars.steps > self._sent_scalars))
            self._sent_scalars = max(self._sent_scalars, int(scalars.steps[-1]))
            if delivery.measured is not None and history.taken:
                share = min(delivery.measured / history.taken, 1.0)
                out.append(StepValues(history.taken - 1, time.time(), {"measured": share}))
        return sorted(out, key=lambda one: one.step)

    def _told(self, history: History, *, last: bool) -> Sequence[Told]:
        now = time.time()
        told = self._log.see_nonfinite(history.first_nonfinite, now)
        facts = history.facts()
        if last:
            self._doctor = DiagnosisTiming()  # which asks at once
        diagnosis = self._doctor.look(facts, time.monotonic())
        told += self._log.see(diagnosis, now, last=last)
        if last and self.over:
            told.append(self._end(history, diagnosis, now))
        return told

    def _end(self, history: History, diagnosis: Diagnosis, now: float) -> Told:
        first = diagnosis.findings[0] if diagnosis.findings else None
        return Told(
            "end",
            max(history.taken - 1, 0),
            now,
            diagnosis.verdict,
            diagnosis.severity.word,
            self._ending,
            safe(first.cause) if first is not None else safe(diagnosis.why),
            safe(first.remedies[0].text) if first is not None and first.remedies else "",
        )

    def _standing(self, history: History) -> Standing | None:
        diagnosis = self._doctor.last
        if diagnosis is NOTHING_SEEN or not history.taken:
            return None
        return Standing(
            history.taken - 1,
            time.time(),
            diagnosis.verdict,
            diagnosis.severity.word,
            dict(self._log.holding),
            dict(self._ranks.steps),
        )
