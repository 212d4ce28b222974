"""What a scenario is about."""

from gradtui.core.symptom import SYMPTOMS
from gradtui.tui.renderables.line import Line
from gradtui.tui.renderables.text import safe, to_ascii, wrap
from gradtui.tui.view import View


def story_lines(view: View, width: int) -> tuple[Line, ...]:
    """Title, story, what to expect; for a run without a scenario, what it is."""
    room = max(width - 2, 1)
    out: list[Line] = []

    def add(text: str, meaning: str) -> None:
        shown = to_ascii(text) if view.ascii_only else text
        out.extend(((" " + line, meaning),) for line in wrap(shown, room))

    scenario = view.scenario
    if scenario is None:
        title = view.info.title if view.info is not None else "no run yet"
        add(title, "title")
        return tuple(out)
    add(scenario.title, "title")
    if scenario.group:
        add(scenario.group, "quiet")
    out.append(())
    add(scenario.story, "")
    out.append(())
    expected = safe(scenario.expect).replace("_", " ")
    meaning = SYMPTOMS.get(scenario.expect, "")
    add(f"Expected: {expected}" + (f", {meaning}" if meaning else ""), "strong")
    return tuple(out)
