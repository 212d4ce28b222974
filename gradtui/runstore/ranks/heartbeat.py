"""How long other machines have been silent, by this machine's clock alone."""

from gradtui.runstore.files.reading import look_at
from gradtui.runstore.ranks.process_status import SILENT, age_of
from gradtui.runstore.ranks.rank_files import RankFiles

GRACE = 3.0
"""Seconds for which a file that looks old is watched before its writer counts as lost: the clocks of
machines and of file servers differ, but a living rank touches its file every second."""


class Heartbeat:
    """Looks at the ranks' steps files again and again. Only that they change counts, not when."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float, float]] = {}

    def silence(self, rank: RankFiles, wall: float, now: float) -> float:
        """Seconds since the last sign of life. `wall` is the time since 1970 and counts at the first
        look alone, `now` is of a clock that never jumps."""
        try:
            stamp = look_at(rank.steps_path).st_mtime_ns
        except OSError:
            stamp = -1
        known = self._seen.get(rank.label)
        if known is None:
            known = (stamp, now, min(age_of(rank, wall), SILENT - GRACE))
        elif known[0] != stamp:
            known = (stamp, now, 0.0)
        self._seen[rank.label] = known
        _, since, before = known
        return before + now - since
