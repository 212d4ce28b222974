"""Three lines on top: who trains where, how far and how fast, and the verdict in words."""

from math import isnan

from gradtui.core.symptom import SYMPTOMS, Severity
from gradtui.tui.renderables.glyph import SEVERITY, Sign
from gradtui.tui.renderables.line import Line, Piece, right, width
from gradtui.tui.renderables.number import count, rate, reading, share
from gradtui.tui.renderables.text import fit, layers_phrase, safe, to_ascii
from gradtui.tui.view import View

STATES: dict[str, Sign] = {
    "starting": Sign("…", ".", "quiet", "starting"),
    "loading": Sign("…", ".", "quiet", "loading"),
    "building": Sign("…", ".", "quiet", "building"),
    "running": Sign("▸", ">", "healthy", "running"),
    "paused": Sign("‖", "|", "warn", "paused"),
    "finished": Sign("■", "#", "strong", "finished"),
    "stopped": Sign("■", "#", "warn", "stopped"),
    "failed": Sign("✗", "X", "critical", "failed"),
}


def header_lines(view: View, cells: int) -> tuple[Line, ...]:
    lines = (
        right((*_who(view, cells),), (*_state(view), (" ", "")), cells),
        _progress(view, cells),
        _verdict(view, cells),
    )
    if view.ascii_only:
        return tuple(tuple((to_ascii(t), m) for t, m in line) for line in lines)
    return lines


def _who(view: View, cells: int) -> list[Piece]:
    info, scenario = view.info, view.scenario
    title = scenario.title if scenario else info.title if info else "gradtui"
    room = max(cells - width(_state(view)) - 4, 8)
    out: list[Piece] = [(" ", ""), (fit(safe(title), room), "title")]
    if info is not None:
        for fact in (info.device, info.precision, info.optimizer, info.clip):
            if fact:
                out.append((" · ", "quiet"))
                out.append((safe(fact), ""))
    return out


def _state(view: View) -> Line:
    sign = STATES.get(view.state, Sign("·", "-", "quiet", view.state))
    mark, word = sign.char(view.ascii_only), safe(sign.word)
    if view.scrubbing and view.facts is not None and len(view.facts):
        step = int(view.facts.steps[-1])
        return ((f"« looking at step {count(step)}, live {count(view.live_step)}", "accent"),)
    if view.frozen:
        return ((f"‖ view held, live step {count(view.live_step)}", "warn"),)
    if view.progress:
        word = f"{word}: {safe(view.progress)}"
    return ((f"{mark} {word}", sign.meaning),)


def _progress(view: View, cells: int) -> Line:
    facts, info = view.facts, view.info
    step = int(facts.steps[-1]) if facts is not None and len(facts) else view.live_step
    total = info.steps if info is not None else 0
    done = max(step + 1, 0)
    out: list[Piece] = [(" steps ", "quiet"), (count(done), "strong")]
    if total > 0:
        out += [(f"/{count(total)} ", "quiet"), *_bar(done / total, cells // 10, view.ascii_only)]
    figures: list[tuple[str, str, str]] = [("", f"{rate(view.steps_per_s)} steps/s", "")]
    if facts is not None and len(facts):
        loss = float(facts.loss[-1])
        figures.append(
            ("loss ", reading(loss), "strong" if abs(loss) < float("inf") else "nonfinite")
        )
        accuracy = float(facts.accuracy[-1])
        if not isnan(accuracy):
            figures.append(("accuracy ", share(accuracy), ""))
    figures.append(("monitor ", share(view.overhead), ""))
    if view.dropped:
        figures.append(("", f"{count(view.dropped)} dropped", "warn"))
    if facts is not None and len(facts) and facts.skipped[-1]:
        figures.append(("", "step skipped by the loss scaler", "warn"))
    if facts is not None and len(facts):
        figures.append(("lr ", reading(float(facts.lr[-1])), ""))
    for label, value, meaning in figures:
        more: list[Piece] = [("   ", ""), (label, "quiet"), (value, meaning)]
        if width(tuple(out + more)) <= cells:
            out += more
    return right(tuple(out), (), cells)


def _bar(part: float, cells: int, ascii_only: bool) -> list[Piece]:
    full = round(min(max(part, 0.0), 1.0) * cells)
    on, off = ("=", "-") if ascii_only else ("━", "─")
    return [(on * full, "accent"), (off * (cells - full), "quiet")]


def verdict_words(verdict: str) -> str:
    """ "vanishing_gradient" -> "vanishing gradient"."""
    return "non-finite" if verdict == "nonfinite" else safe(verdict).replace("_", " ")


def _verdict(view: View, cells: int) -> Line:
    diagnosis = view.diagnosis
    if view.failure is not None:
        text = f" ✗ failed at step {view.failure.step}: {safe(view.failure.message)}"
        return right(((text, "critical"),), (), cells)
    tail: list[Piece] = []
    if view.scenario is not None:
        on = [i for i in view.remedies if 0 <= i < len(view.scenario.remedies)]
        for i in on:
            title = fit(safe(view.scenario.remedies[i].title), max(cells // 3, 12))
            tail += [("  + ", "accent"), (title, "strong")]
    if diagnosis.step < 0:
        head: list[Piece] = [(" · no verdict yet", "quiet")]
        return right(tuple(head), (*tail, (" ", "")), cells)
    sign = SEVERITY[diagnosis.severity]
    head = [
        (f" {sign.char(view.ascii_only)} {verdict_words(diagnosis.verdict).upper()}", sign.meaning)
    ]
    if diagnosis.findings and diagnosis.severity > Severity.OK:
        first = diagnosis.findings[0]
        total = len(view.layout.rows) if view.layout else len(first.rows)
        where = layers_phrase(first.rows, first.layers, total)
        head.append((f"  {where}, since step {count(first.first_step)}", ""))
        more = len(diagnosis.findings) - 1
        if more:
            head.append((f"  +{more} more", "quiet"))
    elif diagnosis.verdict in SYMPTOMS:
        head.append((f"  {SYMPTOMS[diagnosis.verdict]}", ""))
    return right(tuple(head), (*tail, (" ", "")) if tail else (), cells)
