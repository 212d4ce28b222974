"""Everything that the command palette offers: the keys' actions, the scenarios, the themes."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from rich.markup import escape
from textual.app import SystemCommand

from gradtui.app.key_bindings import keys_of
from gradtui.app.render.text import safe, to_ascii
from gradtui.app.session import Session
from gradtui.app.themes import THEMES


def commands(session: Session, run: Callable[[str], Awaitable[object]]) -> Iterator[SystemCommand]:
    """`run` runs an action by its words. Titles and helps are read as markup by the palette, so what
    comes from files is escaped."""

    def clean(text: str) -> str:
        text = safe(" ".join(text.split()))
        return escape(to_ascii(text) if session.ascii_only else text)

    for key in keys_of(session.mode):
        if key.palette:
            title = clean(key.help[0].upper() + key.help[1:])
            yield SystemCommand(title, clean(f"key {key.shown}"), partial(run, key.action))
    for number, remedy in enumerate(session.current.scenario.remedies[:9], start=1):
        title = f"Remedy {number}: {clean(remedy.title)}"
        action = partial(run, f"remedy({number - 1})")
        yield SystemCommand(title, f"key {number}", action)
    for scenario in session.catalogue if session.mode == "lab" else ():
        title = f"Scenario: {clean(scenario.title)}"
        help_text = clean(f"{scenario.name}, {scenario.group}")
        yield SystemCommand(title, help_text, partial(run, f"choose({scenario.name!r})"))
    for theme in THEMES:
        yield SystemCommand(f"Theme: {theme.name}", "", partial(run, f"theme({theme.name!r})"))
