"""The app on a terminal, under the settings: the first frame at once, then all that is imported for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradtui.commands.characters import braille, only_ascii
from gradtui.commands.settings import Settings
from gradtui.commands.themes import checked_theme
from gradtui.core.collection import without_collections
from gradtui.lab.scenario.schema import Scenario

if TYPE_CHECKING:  # numpy comes with it
    from gradtui.runstore.writer.ports import Source


def show_app(
    source: Callable[[], Source],
    scenarios: Sequence[Scenario],
    first: Scenario,
    settings: Settings,
    ending: Callable[[int], object] = bool,
    *,
    goes_on: bool = False,
    **shown: Any,
) -> int:
    """Until it is left; the exit code. `source` is made when the first frame is there.

    `ending` is told of a signal that ends everything before the app is up; `goes_on`: something else
    comes on the terminal after it; `shown` goes to the app.
    """
    theme = checked_theme(settings.theme)
    if not settings.color:
        os.environ["NO_COLOR"] = "1"  # Textual reads it when the app is made

    from gradtui.app.splash import splash

    with splash(first.title, ending):
        with without_collections():
            from gradtui.app.app import GradtuiApp
            from gradtui.app.left_screen import load_screen, remember
            from gradtui.app.remembered import load_theme, save_theme
            from gradtui.app.run import run_app, show_app_once

        left = load_screen()
        # Without colours the theme that needs none is the better one, whatever was chosen before.
        chosen = theme or (load_theme() if settings.color else "") or None
        show = show_app_once if goes_on else run_app
        return show(
            lambda output: GradtuiApp(
                source(),
                scenarios,
                scenario=first.name,
                fps=settings.fps,
                theme=chosen,
                ascii_only=only_ascii(settings),
                braille=braille(settings),
                bell=settings.bell,
                left=left,
                remember=remember,
                keep_theme=save_theme,
                output=output,
                **shown,
            )
        )
