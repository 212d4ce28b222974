"""Runs that are made up, and an examiner that answers from them, for the tests of the list."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from gradtui.app.run_order import RunOrder
from gradtui.app.run_requests import (
    Compare,
    Judge,
    ListRuns,
    Look,
    LookAt,
    Request,
    Unanswered,
    WritePage,
)
from gradtui.app.run_row import Judgement, RunRow
from gradtui.app.run_survey import RunSurvey
from gradtui.app.runs_app import RunsApp
from gradtui.runstore.format.note_file import read_note
from gradtui.runstore.reader.runs import RunSummary
from tests.app.playing import until

NOW = 1_764_000_000.0


def summary(name: str, **changes: Any) -> RunSummary:
    known: dict[str, Any] = {
        "command": ("python", "train.py", "--lr", "0.1"),
        "state": "ended",
        "started": NOW - 4000,
        "steps": 120,
        "verdict": None,
        "last_step": 119,
        "last_time": NOW - 3000,
    }
    return RunSummary(name=name, path=f"/runs/{name}", **known | changes)


def judgement(verdict: str = "healthy", **changes: Any) -> Judgement:
    sick = verdict not in ("healthy", "converged", "undecided")
    known: dict[str, Any] = {
        "severity": 2 if sick else 0,
        "decided": verdict != "undecided",
        "evidence": "gradient norm 1e-12 at layers.0" if sick else "",
        "since": 0 if sick else -1,
        "final_loss": 0.25,
        "best_loss": 0.2,
        "best_step": 90,
    }
    return Judgement(stamp="s", verdict=verdict, **known | changes)


def row(name: str, told: Judgement | None = None, size: int = 1_400_000, **changes: Any) -> RunRow:
    return RunRow(name, Path("/runs") / name, summary(name, **changes), size, "s", told)


class FakeExaminer:
    """Knows `runs` by name: (summary, judgement). What is not there cannot be read; what is no summary is
    why there is no answer. `asked` is all that was asked."""

    def __init__(self, home: Path, runs: dict[str, tuple[Any, Judgement | None]]) -> None:
        self.home, self.runs = home, runs
        self.asked: list[Request] = []
        self.busy = False
        self.ended = False

    def start(self, answered: Callable[[Request, object], None]) -> None:
        self._answered = answered

    def end(self) -> None:
        self.ended = True

    def ask(self, request: Request) -> None:
        assert not self.busy
        self.busy = True
        self.asked.append(request)
        asyncio.get_running_loop().call_soon(self._answer, request)

    def _answer(self, request: Request) -> None:
        self.busy = False
        self._answered(request, self._answer_to(request))

    def _answer_to(self, request: Request) -> object:
        match request:
            case ListRuns():
                return [(name, 0) for name in sorted(self._there(), reverse=True)]
            case LookAt(paths=paths):
                if any(isinstance(self.runs[path.name][0], str) for path in paths):
                    return Unanswered(self.runs[paths[0].name][0])
                return [self._look(path) for path in paths]
            case Judge(path=path):
                return self.runs[path.name][1] or Unanswered("it cannot be judged")
            case Compare(one=one, other=other):
                return f"\x1b[32mone {one.name}\x1b[0m\nother {other.name}"
            case WritePage(path=path, folder=folder):
                return folder / f"gradtui-{path.name}.html"

    def _there(self) -> list[str]:
        return [name for name in self.runs if (self.home / name).exists()]

    def _look(self, path: Path) -> Look:
        note = read_note(path)
        found = self.runs[path.name][0]
        return Look(_with_note(found, note), 1_400_000, "s")


def _with_note(found: RunSummary, note: str) -> RunSummary:
    from dataclasses import replace

    return replace(found, note=note or found.note)


NAMES = tuple(
    f"20251124-1{n}0000-{word}-00000{n}"
    for n, word in enumerate(("train", "gan", "bert", "live", "broken"))
)
TRAIN, GAN, BERT, LIVE, BROKEN = NAMES


def usual() -> dict[str, tuple[Any, Judgement | None]]:
    """A healthy run, a sick one, one that raised, one that goes on, one that is damaged."""
    return {
        TRAIN: (summary(TRAIN, note="baseline"), judgement(final_loss=0.5, best_loss=0.4)),
        GAN: (
            summary(GAN, command=("python", "gan.py"), state="crashed", exit_code=1, steps=55),
            judgement("exploding_gradient", final_loss=float("nan"), best_loss=2.0),
        ),
        BERT: (
            summary(BERT, command=("python", "bert.py"), steps=900, started=NOW - 90_000),
            judgement("vanishing_gradient", final_loss=2.3, best_loss=2.2),
        ),
        LIVE: (
            summary(LIVE, state="running", started=NOW - 30, last_time=NOW),
            judgement("undecided", final_loss=0.9),
        ),
        BROKEN: (
            RunSummary(
                BROKEN,
                f"/runs/{BROKEN}",
                (),
                "unreadable",
                0.0,
                0,
                None,
                0,
                "run.json is damaged: KeyError 'step'",
            ),
            None,
        ),
    }


def directories(home: Path, runs: dict[str, tuple[Any, Judgement | None]]) -> None:
    """A directory for each, with a header that nobody reads."""
    for name in runs:
        (home / name).mkdir(parents=True)
        (home / name / "run.json").write_text("{}")
        (home / name / "steps-0.bin").write_bytes(b"0" * 120)


@asynccontextmanager
async def listing(
    home: Path,
    runs: dict[str, tuple[Any, Judgement | None]] | None = None,
    size: tuple[int, int] = (140, 45),
    kind: type[RunsApp] = RunsApp,
    **wishes: Any,
) -> AsyncIterator[tuple[RunsApp, Pilot[None]]]:
    """The app on directories in `home`, everything read."""
    runs = usual() if runs is None else runs
    if not home.exists():
        directories(home, runs)
    app = kind(RunSurvey(home), RunOrder(), FakeExaminer(home, runs), folder=home, **wishes)
    app.wall_clock = lambda: NOW
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: all_read(app, len(runs)))
        yield app, pilot


def all_read(app: RunsApp, count: int) -> bool:
    rows = app.survey.rows.values()
    done = len(rows) == count and all(row.judged for row in rows)
    return done and not app.survey.changed
