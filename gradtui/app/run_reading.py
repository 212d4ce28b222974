"""Between the survey and its examiner: what is asked next, and where an answer goes."""

from collections import deque
from collections.abc import Callable
from pathlib import Path

from gradtui.app.run_requests import (
    Compare,
    Examiner,
    Judge,
    ListRuns,
    Look,
    LookAt,
    Request,
    Unanswered,
    WritePage,
)
from gradtui.app.run_row import Judgement
from gradtui.app.run_survey import RunSurvey
from gradtui.runstore.reader.runs import UNREADABLE, RunSummary

ByKey = Compare | WritePage
"""What a key asks for, which comes before what is read anyway."""


class RunReading:
    """`told` gets the answers to what was wanted by a key, an `Unanswered` among them."""

    def __init__(
        self,
        survey: RunSurvey,
        examiner: Examiner,
        clock: Callable[[], float],
        told: Callable[[ByKey, object], None],
    ) -> None:
        self._survey, self._examiner = survey, examiner
        self._clock, self._told = clock, told
        self._waiting: deque[Request] = deque()

    def start(self) -> None:
        self._examiner.start(self._answered)
        self.ask_next()

    def end(self) -> None:
        self._examiner.end()

    def want(self, request: ByKey) -> None:
        self._waiting.append(request)
        self.ask_next()

    def ask_next(self) -> None:
        """Where the examiner has nothing to do."""
        if self._examiner.busy:
            return
        first = self._waiting.popleft() if self._waiting else None
        request = first or self._survey.next_request(self._clock())
        if request is not None:
            self._examiner.ask(request)

    def _answered(self, request: Request, answer: object) -> None:
        now = self._clock()
        if isinstance(request, Compare | WritePage):
            self._told(request, answer)
        elif isinstance(answer, Unanswered):
            self._unanswered(request, answer.why, now)
        elif isinstance(request, ListRuns) and isinstance(answer, list):
            self._survey.list_names(answer, now)
        elif isinstance(request, LookAt) and isinstance(answer, list):
            self._survey.take_looks(request, answer, now)
        elif isinstance(request, Judge) and isinstance(answer, Judgement):
            self._survey.take_judgement(request, answer, now)
        self.ask_next()

    def _unanswered(self, request: Request, why: str, now: float) -> None:
        """One run must not keep the others from being read."""
        match request:
            case LookAt(paths=(path,)):
                self._survey.take_looks(request, [Look(unreadable(path, why), -1, "")], now)
            case LookAt(paths=paths):
                self._waiting.extendleft(LookAt((path,)) for path in reversed(paths))
            case Judge(path=path):
                row = self._survey.rows.get(path.name)
                stamp = row.stamp if row is not None else ""
                self._survey.take_judgement(request, Judgement(stamp, trouble=why), now)


def unreadable(path: Path, why: str) -> RunSummary:
    """In place of what the examiner did not live to tell."""
    return RunSummary(path.name, str(path), (), UNREADABLE, 0.0, 0, None, 0, why)
