"""What a scenario is about."""

from gradtui.app.render.line import Line
from gradtui.app.render.text import safe, to_ascii, wrap
from gradtui.app.view import View
from gradtui.core.symptom import SYMPTOMS


def story_lines(view: View, width: int) -> tuple[Line, ...]:
    """Title and story; for a run without a scenario, what it is."""
    scenario = view.scenario
    if scenario is None:
        return _paragraph(view, view.info.title if view.info else "no run yet", "title", width)
    title = _paragraph(view, scenario.title, "title", width)
    return (*title, (), *_paragraph(view, scenario.story, "", width))


def expected_lines(view: View, width: int) -> tuple[Line, ...]:
    """The verdict that the scenario is there to show, in words."""
    if view.scenario is None or not view.scenario.expect:
        return ()
    expected = safe(view.scenario.expect).replace("_", " ")
    meaning = SYMPTOMS.get(view.scenario.expect, "")
    text = f"Expected: {expected}" + (f", {meaning}" if meaning else "")
    return _paragraph(view, text, "quiet", width)


def _paragraph(view: View, text: str, meaning: str, width: int) -> tuple[Line, ...]:
    shown = to_ascii(text) if view.ascii_only else text
    return tuple(((" " + line, meaning),) for line in wrap(shown, max(width - 2, 1)))
