"""Three lines on top: who trains where, how far and how fast, and the verdict in words."""

from dataclasses import replace
from math import isnan

from gradtui.app.render.ending import ending
from gradtui.app.render.glyph import SEVERITY, UNKNOWN, Sign
from gradtui.app.render.line import Line, Piece, right, width
from gradtui.app.render.log import ended
from gradtui.app.render.machine import machine_pieces
from gradtui.app.render.number import count, duration, rate, reading, share
from gradtui.app.render.quantities import loss_logged
from gradtui.app.render.stage import attached_figure, more_figures, stage_figures
from gradtui.app.render.text import fit, from_to, layers_phrase, safe, to_ascii, verdict_words
from gradtui.app.render.waiting import nothing_seen
from gradtui.app.render.x_scale import epoch_words
from gradtui.app.view import OVER, STALE, View
from gradtui.core.coverage import Coverage, covered
from gradtui.core.facts import Facts
from gradtui.core.symptom import SYMPTOMS, Severity

ROOMY = 120
"""Cells from which on it is said what tells how long is left."""
PLAYED: dict[str, Sign] = {
    "running": Sign("▸", ">", "healthy", "playing"),
    "paused": Sign("‖", "|", "warn", "held"),
    "finished": Sign("■", "#", "strong", "at the end"),
}
"""What the states of a replay are called."""

STATES: dict[str, Sign] = {
    "starting": Sign("…", ".", "quiet", "starting"),
    "loading": Sign("…", ".", "quiet", "loading"),
    "building": Sign("…", ".", "quiet", "building"),
    "running": Sign("▸", ">", "healthy", "running"),
    "paused": Sign("‖", "|", "warn", "paused"),
    "finished": Sign("■", "#", "strong", "finished"),
    "stopped": Sign("■", "#", "warn", "stopped"),
    "failed": Sign("✗", "X", "critical", "failed"),
    "detached": Sign("■", "#", "strong", "detached, training goes on"),
}


APART = 4
"""Cells between what trains and the figures of the machine."""


def header_lines(view: View, cells: int) -> tuple[Line, ...]:
    lines = (
        _first(view, cells),
        _progress(view, cells),
        _verdict(view, cells),
    )
    if view.ascii_only:
        return tuple(tuple((to_ascii(t), m) for t, m in line) for line in lines)
    return lines


def _first(view: View, cells: int) -> Line:
    """Who trains, how it is, and between them what there is room for of the machine."""
    who = _who(view, cells)
    tail: list[Piece] = []
    for pieces in (*_throughput(view), *machine_pieces(view.machine, view.ascii_only)):
        more: list[Piece] = [*pieces, ("   ", "")]
        if width((*who, *tail, *more, *_state(view))) + APART <= cells:
            tail += more
    return right(tuple(who), (*tail, *_state(view), (" ", "")), cells)


def _throughput(view: View) -> list[list[Piece]]:
    """Of all processes together, as large as the first batch was."""
    info, passes = (
        view.info,
        view.steps_per_s * max(view.measured.backwards, 1) * view.outside.world,
    )
    if info is None or not info.samples or isnan(passes):
        return []
    if view.scrubbing or view.mode == "replay" or view.state in OVER:
        return []
    what, each = ("tokens", info.tokens) if info.tokens else ("samples", info.samples)
    return [[(f"{rate(passes * each)} {what}/s", "")]]


def _who(view: View, cells: int) -> list[Piece]:
    info, scenario = view.info, view.scenario
    title = scenario.title if scenario else info.title if info else "gradtui"
    room = max(cells - width(_state(view)) - 4, 8)
    out: list[Piece] = [(" ", ""), (fit(safe(title), room), "title")]
    if info is not None:
        graph = "CUDA graph" if info.replayed else ""
        for fact in (info.device, info.precision, info.optimizer, info.clip, graph):
            more: list[Piece] = [(" · ", "quiet"), (safe(fact), "")]
            if fact and width((*out, *more, *_state(view))) + 2 <= cells:
                out += more
    return out


def _state(view: View) -> Line:
    sign = STATES.get(view.state, Sign("·", "-", "quiet", view.state))
    outside = view.outside
    if view.mode == "replay":
        sign = PLAYED.get(view.state, sign)
    elif view.state == "finished" and view.info is not None and view.info.logged is not None:
        sign = Sign("■", "#", "strong", "end of the log")  # how the training ended it does not tell
    elif view.mode != "lab" and view.layout is None and not nothing_seen(view):
        sign = Sign("…", ".", "quiet", "waiting for the first step")
    mark, word = sign.char(view.ascii_only), safe(sign.word)
    if outside.stopping:
        return ((f"{SEVERITY[1].char(view.ascii_only)} stopping...", "warn"),)
    if view.scrubbing and view.facts is not None and len(view.facts):
        step = int(view.facts.steps[-1])
        held = ", paused" if view.state == "paused" and view.mode != "replay" else ""
        live = f"live {count(view.live_step)}{held}"
        return ((f"« looking at step {count(step)}, {live}", "accent"),)
    if view.frozen:
        return ((f"‖ view held, live step {count(view.live_step)}", "warn"),)
    if ended(view):
        code = outside.code or 0
        look = (
            ("#" if view.ascii_only else "■", "strong") if not code else (cross(view), "critical")
        )
        return ((f"{look[0]} {ending(code)}", look[1]),)
    if view.state == "failed" and _failed(view):
        return ((_end_word(view), "critical"),)
    if view.mode == "replay":
        word = f"{word} {outside.speed}" if view.state == "running" else word
    if view.progress:
        word = f"{word}: {safe(view.progress)}"
    return ((f"{mark} {word}", sign.meaning),)


def _progress(view: View, cells: int) -> Line:
    facts, info = view.facts, view.info
    step = view.live_step
    if facts is not None and len(facts) and view.scrubbing:
        step = int(facts.steps[-1])
    total = info.steps if info is not None else 0
    done = max(step + 1, view.taken, 0)
    if view.mode == "replay" and view.outside.last_step >= 0:
        last = view.outside.last_step
        out: list[Piece] = [(" step ", "quiet"), (count(max(step, 0)), "strong")]
        out += [(f" of {count(last)} ", "quiet")]
        out += _bar(step / max(last, 1), cells // 6, view.ascii_only)
    else:
        out = [(" steps ", "quiet"), (count(done), "strong")]
        if 0 < done <= total:
            bar = _bar(done / total, cells // 10, view.ascii_only)
            out += [(f"/{count(total)} ", "quiet"), *bar]
    figures: list[tuple[str, str, str]] = []
    if view.age >= STALE and not (view.scrubbing or view.frozen):
        figures.append(("", f"{view.age:.0f} s ago", "warn"))
    over = view.state in OVER or ended(view)
    if view.mode != "replay" and not (over and isnan(view.steps_per_s)):
        figures.append(("", f"{rate(view.steps_per_s)} steps/s", ""))
    if facts is not None and len(facts):
        scalars = facts.scalars
        alone = not scalars.optimizer.any()
        losses = scalars.loss if alone else facts.loss
        if info is not None and info.logged is not None:
            losses = losses[loss_logged(facts)]
        for loss in losses[-1:].tolist():
            look = "strong" if abs(loss) < float("inf") else "nonfinite"
            figures.append(("loss ", reading(loss), look))
        accuracy = float(facts.accuracy[-1])
        if not isnan(accuracy):
            figures.append(("accuracy ", share(accuracy), ""))
    figures += attached_figure(info)
    figures += stage_figures(view)
    if not isnan(elapsed := _elapsed(facts)):
        figures.append(("elapsed ", duration(elapsed), ""))
    if not over and not view.scrubbing and not isnan(left := _left(view, done, total)):
        guess = info is not None and info.by_schedule and cells >= ROOMY
        by = " by the schedule" if guess else ""
        figures.append(("left ", f"{duration(left)}{by}", ""))
    if epoch := epoch_words(info, done, total):
        figures.append(("epoch ", epoch, ""))
    if info is not None and info.logged is not None:
        figures.append(("logged ", info.logged.pace, ""))
    else:
        pace = _coverage(view).pace
        figures.append(("monitor ", share(view.overhead), ""))
        figures += [("measured ", pace, "")] if pace else []
    if view.dropped:
        figures.append(("", f"{count(view.dropped)} dropped", "warn"))
    if facts is not None and len(facts) and facts.skipped[-1]:
        figures.append(("", "step skipped by the loss scaler", "warn"))
    if facts is not None and len(facts):
        # Of several optimizers the first one's, as with the loss: it would be another at each step.
        lr = float((facts.lr if facts.scalars.optimizer.any() else facts.scalars.lr)[-1])
        logged = info is not None and info.logged is not None
        figures += [] if logged and isnan(lr) else [("lr ", reading(lr), "")]
    figures += more_figures(view)
    for label, value, meaning in figures:
        more: list[Piece] = [("   ", ""), (label, "quiet"), (value, meaning)]
        if width(tuple(out + more)) <= cells:
            out += more
    return right(tuple(out), (), cells)


def _left(view: View, done: int, total: int) -> float:
    """Seconds until the end that is planned, at the pace of late; NaN where either is not known."""
    known = view.mode in ("run", "attach") and total > done and view.steps_per_s > 0
    return (total - done) / view.steps_per_s if known else float("nan")


def _elapsed(facts: Facts | None) -> float:
    """Seconds from the first step to the one looked at; NaN where steps have no time."""
    if facts is None or not len(facts.scalars):
        return float("nan")
    return float(facts.scalars.time[-1] - facts.scalars.time[0])


def _failed(view: View) -> bool:
    """Whether a command has not ended well, and its end is what is looked at."""
    return view.failure is not None and view.mode != "lab" and not view.scrubbing


def _end_word(view: View) -> str:
    """ "✗ killed by SIGKILL", "✗ failed" after an exception, "✗ broke off" where nothing is known."""
    code, failure = view.outside.code, view.failure
    word = "failed" if failure is not None and failure.traceback else "broke off"
    return f"{cross(view)} {ending(code) if code else word}"


def cross(view: View) -> str:
    return "X" if view.ascii_only else "✗"


def _bar(part: float, cells: int, ascii_only: bool) -> list[Piece]:
    full = round(min(max(part, 0.0), 1.0) * cells)
    on, off = ("=", "-") if ascii_only else ("━", "─")
    return [(on * full, "accent"), (off * (cells - full), "quiet")]


def title_words(view: View) -> str:
    """For the terminal's title: the verdict before what it is of, as tabs show only how it begins."""
    title = view.scenario.title if view.scenario else view.info.title if view.info else "gradtui"
    diagnosis = view.diagnosis
    if diagnosis.step < 0:
        return safe(title)
    sign = SEVERITY[diagnosis.severity] if diagnosis.decided else UNKNOWN
    return f"{sign.char(view.ascii_only)} {verdict_words(diagnosis.verdict)} - {safe(title)}"


def _coverage(view: View) -> Coverage:
    """What the verdict covers, as far as the screen knows: up to which step, and which tensors."""
    seen = int(view.layout.parameters.sum()) if view.layout is not None else 0
    counted = view.measured_steps is not None and view.mode != "lab"
    logged = view.info.logged if view.info is not None else None
    return Coverage(
        taken=max(view.live_step + 1, view.taken) if counted else 0,
        measured=view.measured_steps or 0,
        tensors=seen,
        unseen=view.info.unseen_tensors if view.info is not None else 0,
        until=view.live_step if _failed(view) else None,
        logged=logged.covers if logged is not None else "",
    )


def _where(view: View, covers: list[Piece], room: int) -> list[Piece]:
    """Of the first finding what it covers, its layers and its first step, and how many more there are: as
    much as there is room for, the first step in any case."""
    findings = view.diagnosis.findings
    first = findings[0]
    total = len(view.layout.rows) if view.layout else len(first.rows)
    where = layers_phrase(first.rows, first.layers, total)
    named = from_to(first.rows, first.layers) if len(first.rows) < total else ""
    since = f"since step {count(first.first_step)}"
    more: list[Piece] = [(f"  +{len(findings) - 1} more", "quiet")] if len(findings) > 1 else []
    here: Piece = (f"  {where}, {since}", "")
    names: list[list[Piece]] = [[*covers, (f"  {where}, {named}, {since}", ""), *more]]
    ways = [*(names if named else []), [*covers, here, *more], [*covers, here], [here]]
    short: list[Piece] = [(f"  {since}", "")]
    return next((way for way in ways if width(tuple(way)) <= room), short)


def _verdict(view: View, cells: int) -> Line:
    diagnosis = view.diagnosis
    if view.failure is not None and (view.mode == "lab" or diagnosis.step < 0):
        at = f"at step {view.failure.step:,}" if view.failure.step >= 0 else "before its first step"
        text = f" {cross(view)} failed {at}: {safe(view.failure.message)}"
        return right(((text, "critical"),), (), cells)
    tail: list[Piece] = []
    if view.scenario is not None:
        on = [i for i in view.remedies if 0 <= i < len(view.scenario.remedies)]
        for i in on:
            title = fit(safe(view.scenario.remedies[i].title), max(cells // 3, 12))
            tail += [("  + ", "accent"), (title, "strong")]
    if diagnosis.step < 0:
        words = "nothing was seen" if nothing_seen(view) else "no verdict yet"
        head: list[Piece] = [(f" · {words}", "quiet")]
        return right(tuple(head), (*tail, (" ", "")), cells)
    sign = SEVERITY[diagnosis.severity] if diagnosis.decided else UNKNOWN
    head = [
        (f" {sign.char(view.ascii_only)} {verdict_words(diagnosis.verdict).upper()}", sign.meaning)
    ]
    coverage = _coverage(view)
    sick = bool(diagnosis.findings) and diagnosis.severity > Severity.OK
    if sick:  # of "sick, 620 of 6,000 steps measured" somebody reads that so many are; the line above has it
        coverage = replace(coverage, measured=coverage.taken)
    covers = covered("", coverage)
    if _failed(view):
        # How it has ended comes first, and nothing that was well until then shines.
        calm = "quiet" if sign.meaning == "healthy" else sign.meaning
        head = [(f" {_end_word(view)} ·", "critical"), (head[0][0], calm)]
    end: Line = (*tail, (" ", "")) if tail else ()
    said: list[Piece] = [(covers, head[-1][1])] if covers else []
    if sick:
        head += _where(view, said, cells - width((*head, *end)))
    elif not diagnosis.decided:
        head += [*said, (f"  {safe(diagnosis.why)}", "")]
    elif diagnosis.verdict in SYMPTOMS:
        head += [*said, (f"  {SYMPTOMS[diagnosis.verdict]}", "")]
    else:
        head += said
    return right(tuple(head), end, cells)
