"""Several runs on one terminal: their charts over one another, the layers of one, and the charts again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradtui.commands.characters import braille, only_ascii
from gradtui.commands.recorded import NamedRun, given, named_run
from gradtui.commands.settings import Settings
from gradtui.commands.themes import checked_theme
from gradtui.core.collection import without_collections
from gradtui.core.errors import GradtuiError, UsageError
from gradtui.core.text import printable
from gradtui.lab.scenario.schema import Scenario

if TYPE_CHECKING:
    from gradtui.app.followed_runs import FollowedRun, FollowedRuns, RunToFollow
    from gradtui.app.overlay_app import OverlayApp
    from gradtui.app.terminal import Output
    from gradtui.app.watched_run import BesideRun


@contextmanager
def named_runs(words: Sequence[str], settings: Settings) -> Iterator[list[NamedRun]]:
    """The runs that words name. Raises UsageError where one is not there, where one is named twice, and where
    they are too many."""
    from gradtui.runstore.files.run_folders import runs_home

    refuse_too_many(len(words))
    home = runs_home(settings.runs)
    with ExitStack() as stack:
        runs = [stack.enter_context(named_run(given(word), home)) for word in words]
        seen: dict[str, str] = {}
        for word, run in zip(words, runs, strict=True):
            real = os.path.realpath(run.path)
            if real in seen:
                same = "" if seen[real] == word else f" as {printable(seen[real])!r}"
                raise UsageError(f"{printable(word)!r} is the same run{same}: name each run once.")
            seen[real] = word
        yield runs


def refuse_too_many(count: int) -> None:
    """Raise a UsageError where that many runs could not be told apart."""
    from gradtui.app.render.glyph import MOST_RUNS

    if count > MOST_RUNS:
        raise UsageError(f"{MOST_RUNS} runs at most lie over one another, and these are {count}.")


def show_overlay(runs: Sequence[NamedRun], settings: Settings, *, goes_on: bool = False) -> int:
    """The charts of all until they are left; the exit code. `goes_on`: something else comes on the terminal
    after them."""
    theme = checked_theme(settings.theme)
    if not settings.color:
        os.environ["NO_COLOR"] = "1"  # Textual reads it when an app is made

    from gradtui.app.splash import splash

    with splash("runs"):
        with without_collections():
            from gradtui.app.followed_runs import FollowedRuns
            from gradtui.app.render.overlaid_run import distinct_names
            from gradtui.app.run import end_threads
            from gradtui.app.view import View

        ascii_only = only_ascii(settings)
        look = View(ascii_only=ascii_only, braille=braille(settings) and not ascii_only)
        names = distinct_names([run.path for run in runs])
        found = [to_follow(run, name) for run, name in zip(runs, names, strict=True)]
        followed = FollowedRuns(found, look)
        try:
            code = _charts_and_layers(followed, settings, theme)
        finally:
            followed.close()
        if not goes_on:
            end_threads(code)
        return code


def to_follow(run: NamedRun, name: str) -> RunToFollow:
    """A run under a name; what is wrong with it is said where it is opened."""
    from gradtui.app.followed_runs import RunToFollow
    from gradtui.commands.run_screen import as_scenario, scenario_of
    from gradtui.runstore.reader.run_reader import RunReader

    scenario: Scenario
    try:
        scenario = as_scenario(run.directory)
    except (GradtuiError, OSError):
        scenario = scenario_of(run.directory, printable(run.directory.name))
    return RunToFollow(name, run.directory, scenario, lambda: RunReader(run.directory))


def _charts_and_layers(runs: FollowedRuns, settings: Settings, theme: str | None) -> int:
    from gradtui.app.left_screen import load_screen, remember
    from gradtui.app.remembered import load_theme, save_theme
    from gradtui.app.render.overlay_frame import OverlayFrame

    left = load_screen()
    frame = OverlayFrame(
        alignment=left.alignment,
        median=left.median,
        panel=left.panel,
        log_scale=left.log_scale,
    )
    chosen = theme or (load_theme() if settings.color else "") or None
    wishes: dict[str, Any] = {"frame": frame, "theme": chosen}
    wishes |= {"remember": remember, "keep_theme": save_theme}
    while True:
        code, app = _show_charts(runs, settings, **wishes)
        if code or app is None or app.opened is None:
            return code
        wishes |= {"frame": app.frame, "theme": app.theme, "notice": ""}
        try:
            code = _open(app, replace(settings, theme=app.theme))
        except GradtuiError as error:
            wishes["notice"] = str(error)
        if code:
            return code


def _show_charts(
    runs: FollowedRuns, settings: Settings, **wishes: Any
) -> tuple[int, OverlayApp | None]:
    from gradtui.app.overlay_app import OverlayApp
    from gradtui.app.run import show_app_once

    made: list[OverlayApp] = []

    def make(output: Output) -> OverlayApp:
        plain = only_ascii(settings)
        made.append(OverlayApp(runs, fps=settings.fps, ascii_only=plain, output=output, **wishes))
        return made[-1]

    return show_app_once(make), made[-1] if made else None


def _open(app: OverlayApp, settings: Settings) -> int:
    """The layers of a run, with those of another as marks: watched where it goes on, else held at the step of
    the cursor or at its last."""
    from gradtui.commands import replay
    from gradtui.commands.run_screen import watch

    assert app.opened is not None
    run, other = app.opened
    beside = None if other is None else _beside(other)
    if run.live:
        return watch(run.what.directory, settings, goes_on=True, beside=beside)
    at = run.last_step if app.step is None else app.step
    return replay.play(run.what.directory, settings, at=at, goes_on=True, beside=beside)


def _beside(run: FollowedRun) -> BesideRun:
    from gradtui.app.watched_run import BesideRun
    from gradtui.runstore.reader.run_reader import RunReader

    number = 2  # the watched one is the first
    reader = RunReader(run.what.directory, run=number)
    return BesideRun(run.what.name, run.what.scenario, reader, number)
