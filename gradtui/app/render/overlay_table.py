"""The runs that are overlaid, one a line: glyph, name, the values at the cursor, how it is, verdict. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from gradtui.app.render.chart_title import look_of, said
from gradtui.app.render.glyph import SEVERITY, UNKNOWN
from gradtui.app.render.line import Line, Piece, sized
from gradtui.app.render.number import count, seconds
from gradtui.app.render.overlaid_run import OverlaidRun
from gradtui.app.render.overlay_curves import choice_name, curve_of
from gradtui.app.render.overlay_frame import Aligned, OverlayFrame
from gradtui.app.render.text import fit, safe, to_ascii, verdict_words
from gradtui.app.render.x_scale import extent_of
from gradtui.app.view import OVER, Choice

VALUE, STATE, VERDICT = 8, 8, 12
"""Cells of a value, of a state, and of a verdict at least."""
NAME = (8, 44)
"""Cells of a name, at least and at most."""


def table_lines(
    runs: Sequence[OverlaidRun],
    shown: Sequence[Aligned],
    choices: Sequence[Choice],
    frame: OverlayFrame,
    cells: int,
    *,
    ascii_only: bool,
) -> list[Line]:
    """A line of titles, and one a run: exactly `cells` each."""
    spelt = to_ascii if ascii_only else str
    lead = 4 if ascii_only else 6
    steps = max(4, *(len(count(extent_of(one.view).last)) for one in shown), 0)
    rest = steps + 2 + (VALUE + 1) * len(choices)
    names = [spelt(safe(run.name)) for run in runs]
    where = f" {_where(frame)}"
    longest = max(len(where) - lead, *map(cell_len, names))
    wide = min(longest, NAME[1], max(cells - lead - rest, NAME[0]))
    room = cells - lead - wide - rest
    state, verdict = room >= STATE + 2, room >= STATE + 2 + VERDICT + 2
    titles: list[Piece] = [
        (set_cell_size(where, lead + wide), "quiet"),
        (f"  {'step':>{steps}}", "quiet"),
    ]
    for choice in choices:
        name = choice_name(choice, ascii_only).removeprefix("total ")
        titles.append((f" {spelt(fit(name, VALUE)):>{VALUE}}", "title"))
    titles.append((f"  {'state':<{STATE}}" * state, "quiet"))
    titles.append(("  verdict" * verdict, "quiet"))
    out = [sized(tuple(titles), cells)]
    drawn = {one.run.place: one for one in shown}
    for run, name in zip(runs, names, strict=True):
        line: list[Piece] = [*_lead(run, frame, ascii_only)]
        line.append((set_cell_size(spelt(fit(name, wide)), wide), "" if run.begun else "quiet"))
        if run.trouble:
            line.append((f"  {spelt(safe(run.trouble))}", "critical"))
        elif run.place in frame.hidden:
            line.append((f"  hidden; {run.place + 1} shows it", "quiet"))
        elif run.place not in drawn:
            words = "times are not known" if run.begun else nothing(run)
            line.append((f"  {words}", "quiet"))
        else:
            line += _values(drawn[run.place], choices, frame, steps)
            line.append((f"  {safe(run.state):<{STATE}.{STATE}}" * state, ""))
            line += _verdict(run, ascii_only) if verdict else []
        chosen = run.place == frame.chosen
        fitted = sized(tuple(line), cells)
        out.append(tuple((t, f"{m} on cursor") for t, m in fitted) if chosen else fitted)
    return out


def _where(frame: OverlayFrame) -> str:
    """Where the values are read."""
    if frame.cursor is None:
        return "newest values"
    if frame.alignment == "step":
        return f"at step {count(int(frame.cursor))}"
    return f"at {seconds(frame.cursor)}"


def _lead(run: OverlaidRun, frame: OverlayFrame, ascii_only: bool) -> list[Piece]:
    arrow = (">" if ascii_only else "▸") if run.place == frame.chosen else " "
    sign = run.sign
    if ascii_only:
        return [(f" {arrow}", "accent"), (sign.plain, sign.meaning), (" ", "")]
    return [
        (f" {arrow}", "accent"),
        (f"{run.place + 1} ", "quiet"),
        (sign.glyph, sign.meaning),
        (" ", ""),
    ]


def _values(
    one: Aligned, choices: Sequence[Choice], frame: OverlayFrame, cells: int
) -> list[Piece]:
    """The step that it had reached there, and the newest values that are not after it; quiet where the run
    was over by then."""
    first, last = extent_of(one.view)
    step = last if frame.cursor is None else one.step(frame.cursor)
    before, over = step < first, step > last
    step = min(step, last)
    if frame.cursor is not None and one.x(first) > frame.cursor + 1e-9:
        before = True
    out: list[Piece] = [(f"  {'-' if before else count(step):>{cells}}", "quiet" if over else "")]
    for choice in choices:
        curve = curve_of(one.view, choice)
        found = None if curve is None or before else curve.at(step)
        if found is None:
            out.append((f" {'-':>{VALUE}}", "quiet"))
        else:
            value = found[1]
            words = said(choice, value)
            out.append((f" {words:>{VALUE}}", look_of(value, "quiet" if over else "strong")))
    return out


def _verdict(run: OverlaidRun, ascii_only: bool) -> list[Piece]:
    told = run.view.diagnosis if run.view is not None else None
    if told is None or told.step < 0:
        return []
    sign = SEVERITY[told.severity] if told.decided else UNKNOWN
    words = verdict_words(told.verdict)
    return [(f"  {sign.char(ascii_only)} {words}", sign.meaning)]


def nothing(run: OverlaidRun) -> str:
    """In place of values of a run of which nothing has come, or nothing will."""
    return "no steps" if run.state in OVER else "nothing yet"
