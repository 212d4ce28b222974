"""`gradtui runs` on a terminal: the list, a run that is opened from it, and the list again."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradtui.commands.characters import only_ascii
from gradtui.commands.settings import Settings
from gradtui.commands.themes import checked_theme
from gradtui.core.collection import without_collections
from gradtui.core.errors import GradtuiError

if TYPE_CHECKING:
    from gradtui.app.run_order import RunOrder
    from gradtui.app.run_row import RunRow
    from gradtui.app.run_survey import RunSurvey
    from gradtui.app.runs_app import RunsApp
    from gradtui.app.terminal import Output


def can_draw() -> bool:
    """Whether somebody looks, at a terminal that can draw: else the list is printed."""
    there = os.isatty(0) and os.isatty(1)
    return there and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def show_runs(home: Path, settings: Settings, most: int | None = None) -> int:
    """The list until it is left; the exit code. A run that is opened comes in its place, and it comes
    back as it was when that is left."""
    theme = checked_theme(settings.theme)
    if not settings.color:
        os.environ["NO_COLOR"] = "1"  # Textual reads it when an app is made

    from gradtui.app.splash import splash

    with splash("runs"):
        code = _list_and_runs(home, theme, settings, most)
        from gradtui.app.run import end_threads

        end_threads(code)
    return code


def _list_and_runs(home: Path, theme: str | None, settings: Settings, most: int | None) -> int:
    from gradtui.app.remembered import (
        load_judgements,
        load_preferences,
        load_theme,
        save_judgements,
        save_theme,
    )
    from gradtui.app.run_order import RunOrder
    from gradtui.app.run_survey import RunSurvey
    from gradtui.commands.run_examiner import doctors_word, listed_runs

    doctor, left = doctors_word(), load_preferences()
    known = load_judgements(doctor)
    survey = RunSurvey(home, known, most)
    survey.list_names(listed_runs(home, most), time.monotonic())
    order = RunOrder(sort=left.sort, reverse=left.reverse)
    # Without colours the theme that needs none is the better one, whatever was chosen before.
    theme = theme or (load_theme() if settings.color else "") or None
    wishes: dict[str, Any] = {"theme": theme, "keep_theme": save_theme}
    while True:
        code, app = _show_list(survey, order, settings, **wishes)
        save_judgements(doctor, known | survey.judgements)
        if code or app is None or not app.opened:
            return code
        wishes |= {"theme": app.theme, "notice": ""}
        try:
            code = open_runs(app.opened, replace(settings, theme=app.theme))
        except GradtuiError as error:
            wishes["notice"] = str(error)
        if code:
            return code


def _show_list(
    survey: RunSurvey, order: RunOrder, settings: Settings, **wishes: Any
) -> tuple[int, RunsApp | None]:
    with without_collections():
        from gradtui.app.run import show_app_once
        from gradtui.app.runs_app import RunsApp
        from gradtui.commands.run_examiner import ProcessExaminer

    made: list[RunsApp] = []

    def make(output: Output) -> RunsApp:
        examiner = ProcessExaminer()
        app = RunsApp(
            survey, order, examiner, ascii_only=only_ascii(settings), output=output, **wishes
        )
        made.append(app)
        return app

    return show_app_once(make), made[-1] if made else None


def open_runs(rows: Sequence[RunRow], settings: Settings) -> int:
    """Watch a run where it goes on, play it again where it is over; the charts of several over one another.
    The exit code."""
    from gradtui.commands import overlay_screen, replay
    from gradtui.commands.recorded import NamedRun
    from gradtui.commands.run_screen import watch

    if len(rows) > 1:
        runs = [NamedRun(row.path, row.path) for row in rows]
        return overlay_screen.show_overlay(runs, settings, goes_on=True)
    row = rows[0]
    if row.running:
        return watch(row.path, settings, goes_on=True)
    return replay.play(row.path, settings, goes_on=True)
