"""The line that stays once something was not finite."""

from gradtui.app.render.glyph import SIGNS
from gradtui.app.render.line import Line
from gradtui.app.render.text import cut, safe, to_ascii
from gradtui.app.view import View

_PHASES = {
    "forward": "in the forward pass",
    "backward": "in the backward pass",
    "weights": "in the weights after the update",
}


def banner_lines(view: View, width: int) -> tuple[Line, ...]:
    """Step, phase, module and tensor of the first NaN or infinity, and below it what was found out
    about it; nothing while there is none."""
    seen = view.facts.first_nonfinite if view.facts is not None else None
    if seen is None:
        return ()
    phase = _PHASES.get(seen.phase, safe(seen.phase))
    where = f"{safe(seen.module)}" if seen.module else "the model"
    tensor = f", tensor {safe(seen.tensor)}" if seen.tensor else ""
    mark = SIGNS["nonfinite"].char(view.ascii_only)
    long = f" {mark} first NaN or infinity: step {seen.step:,}, {phase}, {where}{tensor}"
    short = f" {mark} NaN/inf: step {seen.step:,}, {safe(seen.phase)}, {where}"
    text = long if len(long) <= width else short
    text = to_ascii(text) if view.ascii_only else text
    lines = [text]
    if seen.autopsy is not None and seen.autopsy.words:
        # A sentence is cut at its end, where the findings go on; its two ends alone would be another one.
        words = cut(f"   {safe(seen.autopsy.words)}", width)
        lines.append(to_ascii(words) if view.ascii_only else words)
    return tuple(((line + " " * max(width - len(line), 0), "alarm"),) for line in lines)
