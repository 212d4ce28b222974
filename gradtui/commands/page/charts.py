"""Curves and the heat map as SVG that is right without a script. Its drawing is UNITS wide and high and
stretched to whatever room there is; words stand beside it in percent, so that they are not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gradtui.commands.page.curves import Curve
from gradtui.commands.page.heat import HIGH, LOST_COLOUR, LOW, PALETTE, SHADES, ZERO_COLOUR, HeatMap
from gradtui.commands.page.markup import safe
from gradtui.commands.page.ticks import UNITS, Axis, Tick, axis_of, step_ticks, ticks

HEIGHT = 190
"""Pixels of a curve's chart."""
ROW, LEAST, MOST = 16, 96, 640
"""Pixels of a layer of the heat map, and of all of it."""
NAMES = 40
"""Names beside it, at most."""
LOST_TICK = 80
"""Units that a mark of a value which is not finite reaches down."""
LABEL = 28
"""Pixels from the top to a mark's label, which stands below those."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A step that something begins at."""

    step: int
    label: str
    """A sign, such as the number of a finding."""
    words: str


def curve_chart(
    name: str, title: str, curves: Sequence[Curve], last: int, marks: Sequence[Mark], *, log: bool
) -> str:
    """One chart of some curves, over the steps from 0 to `last`."""
    axis = axis_of([value for curve in curves for value in curve.values], log=log)
    labels = ticks(axis)
    paths = "".join(
        f'<path class="curve c{i}{" dashed" if curve.dashed else ""}" d="{path(curve, axis, last)}"/>'
        for i, curve in enumerate(curves)
    )
    lost = [one for curve in curves for one in curve.lost]
    drawing = (
        f'<path class="grid" d="{"".join(f"M0 {_y(at)}H{UNITS}" for at, _ in labels)}"/>'
        f"{_mark_lines(marks, last)}{paths}"
        f'<path class="lost" d="{_lost_ticks((o.step for o in lost if not o.skipped), last)}"/>'
        f'<path class="skipped" d="{_lost_ticks((o.step for o in lost if o.skipped), last)}"/>'
    )
    scale = "logarithmic" if log else "linear"
    words = f"{title} over {last + 1:,} steps, {scale} axis. {_summary(curves)}"
    return _figure(
        name,
        title,
        legend=_legend(
            curves, lost=any(not o.skipped for o in lost), skipped=any(o.skipped for o in lost)
        ),
        ys=_y_labels(labels),
        drawing=_drawing(drawing, HEIGHT, words),
        signs=_mark_signs(marks, last),
        last=last,
        height=HEIGHT,
    )


def path(curve: Curve, axis: Axis, last: int) -> str:
    """The line through a curve's points, broken where a value between two is not finite."""
    out: list[str] = []
    odd = [one.step for one in curve.lost if not one.skipped]
    at, pen = 0, "M"
    for step, value in zip(curve.steps, curve.values, strict=True):
        while at < len(odd) and odd[at] < step:
            at, pen = at + 1, "M"
        place = f"{pen}{_x(step, last)} {axis.y(value)}"
        # A point alone is seen as a line of no length with round ends.
        out.append(place + "h0" if pen == "M" else place)
        pen = "L"
    return "".join(out)


def heat_chart(heat: HeatMap, names: Sequence[str], last: int, marks: Sequence[Mark]) -> str:
    """The map with the names of some layers, a sign where a layer's first value is not finite, and the
    scale of colours. The first layer is at the top."""
    rows = len(names)
    height = min(max(ROW * rows, LEAST), MOST)
    left, wide = _x(heat.first, last), _x(heat.end, last) - _x(heat.first, last)
    picture = (
        f'<image class="map" x="{left}" y="0" width="{max(wide, 1)}" height="{UNITS}" '
        f'preserveAspectRatio="none" href="{heat.picture()}"/>'
    )
    lost = heat.lost()[:: max(-(-rows // NAMES), 1)]
    signs = "".join(
        f'<text class="lost" x="{_percent((heat.first + (column + 0.5) * heat.stride) / max(last, 1))}" '
        f'y="{_percent((row + 0.5) / rows)}">✗</text>'
        for row, column in lost
    )
    each = max(-(-rows // NAMES), 1)
    labels = "".join(
        f'<text x="100%" y="{_percent((row + 0.5) / rows)}">{safe(_short(names[row]))}</text>'
        for row in range(0, rows, each)
    )
    words = (
        f"Gradient norm of {rows:,} layers over {last + 1:,} steps; the table of layers has the numbers. "
        f"Values that are not finite in {len(heat.lost()):,} of them."
    )
    return _figure(
        "heat",
        "gradient norm of every layer",
        legend=heat_legend(),
        ys=labels,
        drawing=_drawing(picture + _mark_lines(marks, last), height, words),
        signs=_mark_signs(marks, last) + signs,
        last=last,
        height=height,
    )


def heat_legend() -> str:
    """The scale of colours with its numbers."""
    boxes = "".join(
        f'<rect x="{i}" y="0" width="1.1" height="1" fill="{colour}"/>'
        for i, colour in enumerate(PALETTE[:SHADES])
    )
    return (
        f'<span class="key">1e{LOW:.0f} <svg class="scale" viewBox="0 0 {SHADES} 1" '
        f'preserveAspectRatio="none" aria-hidden="true">{boxes}</svg> 1e{HIGH:.0f}</span>'
        f'<span class="key">{_box(ZERO_COLOUR)} exactly zero</span>'
        f'<span class="key">{_box(LOST_COLOUR)} ✗ NaN or inf</span>'
    )


def _box(colour: str) -> str:
    return (
        '<svg class="box" viewBox="0 0 1 1" aria-hidden="true">'
        f'<rect width="1" height="1" fill="{colour}"/></svg>'
    )


def _figure(
    name: str, title: str, *, legend: str, ys: str, drawing: str, signs: str, last: int, height: int
) -> str:
    xs = "".join(
        f'<text class="{_anchor(at)}" x="{_percent(at)}" y="14">{label}</text>'
        for at, label in step_ticks(last)
    )
    return (
        f'<figure class="chart" data-chart="{name}">'
        f'<figcaption><h3>{safe(title)}</h3><span class="legend">{legend}</span>'
        '<output class="readout"></output></figcaption>'
        f'<div class="frame"><svg class="ys" height="{height}" aria-hidden="true">{ys}</svg>'
        f'<div class="plot">{drawing}<svg class="signs" aria-hidden="true">{signs}</svg></div>'
        f'<svg class="xs" height="18" aria-hidden="true">{xs}</svg></div></figure>'
    )


def _drawing(content: str, height: int, words: str) -> str:
    return (
        f'<svg class="lines" height="{height}" viewBox="0 0 {UNITS} {UNITS}" '
        f'preserveAspectRatio="none" role="img" aria-label="{safe(words)}">{content}</svg>'
    )


def _legend(curves: Sequence[Curve], *, lost: bool, skipped: bool) -> str:
    keys = [
        f'<span class="key"><svg class="sample" viewBox="0 0 24 8" aria-hidden="true">'
        f'<path class="curve c{i}{" dashed" if curve.dashed else ""}" d="M1 4H23"/></svg>'
        f" {safe(curve.name)}</span>"
        for i, curve in enumerate(curves)
        if len(curves) > 1
    ]
    if lost:
        keys.append('<span class="key lost">✗ NaN or inf</span>')
    if skipped:
        keys.append('<span class="key skipped">~ thrown away by the loss scaler</span>')
    return "".join(keys)


def _summary(curves: Sequence[Curve]) -> str:
    """What somebody is told who does not see it."""
    parts = []
    for curve in curves:
        if curve.values:
            parts.append(
                f"{curve.name}: first {curve.values[0]:.3g}, last {curve.values[-1]:.3g}, "
                f"smallest {min(curve.values):.3g}, largest {max(curve.values):.3g}."
            )
        odd = next((one for one in curve.lost if not one.skipped), None)
        if odd is not None:
            parts.append(f"{curve.name}: {odd.word} first at step {odd.step:,}.")
    return " ".join(parts)


def _mark_lines(marks: Iterable[Mark], last: int) -> str:
    return "".join(f'<path class="mark" d="M{_x(m.step, last)} 0V{UNITS}"/>' for m in marks)


def _mark_signs(marks: Iterable[Mark], last: int) -> str:
    """Labels of marks, those of one step on one another's right."""
    out, taken = [], dict[int, int]()
    for mark in marks:
        place = min(max(mark.step / max(last, 1), 0.0), 1.0)
        near = round(place * 40)
        dx = 4 + 16 * taken.get(near, 0)
        taken[near] = taken.get(near, 0) + 1
        side = f' dx="-{dx}" class="mark end"' if place > 0.9 else f' dx="{dx}" class="mark"'
        out.append(f'<text x="{_percent(place)}" y="{LABEL}"{side}>{safe(mark.label)}</text>')
    return "".join(out)


def _lost_ticks(steps: Iterable[int], last: int) -> str:
    places = sorted({_x(step, last) for step in steps})
    return "".join(f"M{x} 0V{LOST_TICK}" for x in places)


def _y_labels(labels: Iterable[Tick]) -> str:
    return "".join(f'<text x="100%" y="{_percent(1 - at)}">{label}</text>' for at, label in labels)


def _x(step: float, last: int) -> int:
    return round(UNITS * step / max(last, 1))


def _y(at: float) -> int:
    return round(UNITS * (1 - at))


def _percent(part: float) -> str:
    return f"{100 * part:.2f}%"


def _anchor(at: float) -> str:
    return "start" if at < 0.03 else "end" if at > 0.97 else "middle"


def _short(name: str) -> str:
    """Both ends of a name tell something."""
    return name if len(name) <= 16 else f"{name[:7]}…{name[-8:]}"
