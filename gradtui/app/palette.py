"""Everything that the command palettes offer: the keys' actions, the scenarios, the themes."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial

from rich.markup import escape
from textual.app import SystemCommand

from gradtui.app.key_bindings import Key, keys_of
from gradtui.app.render.text import safe, to_ascii
from gradtui.app.session import Session
from gradtui.app.themes import THEMES

Run = Callable[[str], Awaitable[object]]
"""Runs an action by its words."""


def key_commands(keys: Iterable[Key], run: Run) -> Iterator[SystemCommand]:
    """The actions of an app whose keys these are, and the themes."""
    for key in keys:
        if key.palette:
            yield SystemCommand(_title(key), f"key {key.shown}", partial(run, key.action))
    yield from _theme_commands(run)


def commands(session: Session, run: Run) -> Iterator[SystemCommand]:
    """Titles and helps are read as markup by the palette, so what comes from files is escaped."""

    def clean(text: str) -> str:
        text = safe(" ".join(text.split()))
        return escape(to_ascii(text) if session.ascii_only else text)

    for key in keys_of(session.mode):
        if key.palette:
            words = clean(_title(key)), clean(f"key {key.shown}")
            yield SystemCommand(*words, partial(run, key.action))
    for number, remedy in enumerate(session.current.scenario.remedies[:9], start=1):
        title = f"Remedy {number}: {clean(remedy.title)}"
        action = partial(run, f"remedy({number - 1})")
        yield SystemCommand(title, f"key {number}", action)
    for scenario in session.catalogue if session.mode == "lab" else ():
        title = f"Scenario: {clean(scenario.title)}"
        help_text = clean(f"{scenario.name}, {scenario.group}")
        yield SystemCommand(title, help_text, partial(run, f"choose({scenario.name!r})"))
    yield from _theme_commands(run)


def _title(key: Key) -> str:
    return key.help[0].upper() + key.help[1:]


def _theme_commands(run: Run) -> Iterator[SystemCommand]:
    for theme in THEMES:
        yield SystemCommand(f"Theme: {theme.name}", "", partial(run, f"theme({theme.name!r})"))
