"""How the gradients on screen were come by, in words: before or after clipping, of how many passes."""

from math import isnan

from gradtui.app.render.number import count, reading
from gradtui.app.view import View
from gradtui.core.event import RunInfo

Figure = tuple[str, str, str]
"""(label, value, meaning)"""


def clip_coefficient(view: View) -> float:
    """Of the step looked at; NaN where nothing is known to be clipped."""
    facts = view.facts
    return float(facts.clip_coefficient[-1]) if facts is not None and len(facts) else float("nan")


def stage_words(view: View) -> str:
    """What the norms on screen are; empty where nobody clips."""
    if not isnan(clip_coefficient(view)) or (view.info is not None and view.info.clip):
        return "before clipping"
    return "after clipping" if view.measured.stage == "clipped" else ""


def attached_figure(info: RunInfo | None) -> list[Figure]:
    """For the header: that steps are counted from the middle of a training, and from where, as far as its
    optimizers know."""
    if info is None or info.attached is None:
        return []
    if info.attached < 0:
        return [("", "attached in the middle", "accent")]
    return [("attached at step ", count(info.attached), "accent")]


def stage_figures(view: View) -> list[Figure]:
    """For the header: by how much the gradient was shortened, or what is not known of it."""
    coefficient = clip_coefficient(view)
    if not isnan(coefficient):
        times = "x" if view.ascii_only else "×"
        clipped = coefficient < 1
        words = f"{times}{coefficient:.2g}" if clipped else "not needed"
        return [("clipped " if clipped else "clipping ", words, "warn" if clipped else "")]
    words = stage_words(view)
    return [("norms ", words, "")] if words else []


def more_figures(view: View) -> list[Figure]:
    """The less pressing ones."""
    out: list[Figure] = []
    measured, facts = view.measured, view.facts
    if measured.skipped:
        out.append(("skipped ", count(measured.skipped), ""))
    if measured.backwards > 1:
        out.append(("", f"{measured.backwards} micro-batches", ""))
    if measured.optimizers > 1:
        out.append(("", f"{measured.optimizers} optimizers, loss of the first", ""))
    if facts is not None and len(facts) and measured.stage == "unscaled":
        scale = float(facts.loss_scale[-1])
        if not isnan(scale):
            out.append(("loss scale ", reading(scale), ""))
    return out
