"""What the ranks of a run tell beside their steps, as events for whoever watches."""

from collections.abc import Sequence
from typing import Any

from gradtui.core.event import Ended, Event, Failed, NonFiniteSeen
from gradtui.core.layout import Layout
from gradtui.core.snapshot import NonFinite, Snapshot
from gradtui.runstore.format.block import empty
from gradtui.runstore.format.event_json import event_from, is_step, nonfinite_from
from gradtui.runstore.ranks.rank_files import RankFiles

ENDINGS = ("ended", "failed", "closed")


class RankEvents:
    """Of one run under one number."""

    def __init__(self, run: int) -> None:
        self._run = run
        self.nonfinite: dict[int, NonFinite] = {}
        """Step -> where the first that is not finite showed."""
        self.closing: Event | None = None
        """How the run says that it ended: the failure of any rank before everything else."""
        self._endings: dict[str, list[dict[str, Any]]] = {}
        self._dropped: dict[str, int] = {}
        self._unseen: list[NonFinite] = []

    @property
    def dropped(self) -> int:
        """Steps of all ranks that are in no file, as far as was told."""
        return sum(self._dropped.values())

    def endings(self, rank: RankFiles) -> Sequence[dict[str, Any]]:
        """The lines by which a rank said that it ended."""
        return self._endings.get(rank.label, ())

    def listen(self, ranks: Sequence[RankFiles]) -> tuple[list[Event], bool]:
        """What has been told since the last call, and whether a rank has ended."""
        events: list[Event] = []
        ended = False
        for rank in ranks:
            for line in rank.events.poll():
                if line.get("kind") in ENDINGS:
                    self._endings.setdefault(rank.label, []).append(line)
                    ended = True
                self._hear(line, rank, len(ranks) > 1)
                event = event_from(line, self._run)
                if event is not None and rank is ranks[0]:
                    events.append(event)
        return [e for e in events if not isinstance(e, (Failed, Ended))], ended

    def nonfinite_seen(self, snapshots: Sequence[Snapshot], layout: Layout) -> list[Event]:
        """What was told about non-finite steps, with the snapshot where that has come through."""
        out: list[Event] = []
        for seen in self._unseen:
            bare = empty(layout, 1).grads[0]
            untold = Snapshot(self._run, seen.step, float("nan"), bare, nonfinite=seen)
            out.append(
                NonFiniteSeen(
                    self._run, next((s for s in snapshots if s.step == seen.step), untold)
                )
            )
        self._unseen = []
        return out

    def _hear(self, line: dict[str, Any], rank: RankFiles, many: bool) -> None:
        if line.get("kind") == "dropped" and is_step(line.get("count")):
            self._dropped[rank.label] = line["count"]
        seen = nonfinite_from(line)
        if seen is not None and not self.nonfinite:
            self.nonfinite[seen.step] = seen
            self._unseen.append(seen)
        event = event_from(line, self._run)
        if isinstance(event, Failed):
            if not isinstance(self.closing, Failed):
                who = f"rank {rank.header.rank}: " if many else ""
                self.closing = Failed(event.run, event.step, who + event.message, event.traceback)
        elif isinstance(event, Ended):
            self.closing = self.closing or event
