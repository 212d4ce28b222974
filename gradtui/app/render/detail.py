"""Everything that was measured about one row."""

from collections.abc import Iterator

import numpy as np

from gradtui.app.render.glyph import SIGNS
from gradtui.app.render.histogram import histogram_lines
from gradtui.app.render.history import parameters_of
from gradtui.app.render.line import Line, plain
from gradtui.app.render.number import count, number, share
from gradtui.app.render.series import latest
from gradtui.app.render.spark import spark
from gradtui.app.render.state import row_states
from gradtui.app.render.text import fit, safe, to_ascii, wrap
from gradtui.app.render.theory import theory_line
from gradtui.app.view import View
from gradtui.core.facts import Facts, merged_rows
from gradtui.core.layout import UNKNOWN_SHAPE, BoolArray, FloatArray, Layout, TensorInfo
from gradtui.core.snapshot import Act, Grad, Weight
from gradtui.theory import Theory

LABEL = 22
VALUE = 9


NO_THEORY = Theory()


def detail_lines(view: View, width: int, theory: Theory = NO_THEORY) -> tuple[Line, ...]:
    """Name and state, what theory says, quantities over time, histogram, tensors of the selected
    row."""
    layout = view.layout
    row = view.row
    if layout is None or row is None:
        return (((" no row selected", "quiet"),),)
    lines = [
        *_head(view, layout, row, width),
        *_theory(view, row, theory, width),
        (),
        *_over_time(view, row, width),
        (),
        *_histogram(view, layout, row, width),
        (),
        *_tensors(view, layout, row, width),
    ]
    if view.ascii_only:
        return tuple(tuple((to_ascii(t), m) for t, m in line) for line in lines)
    return tuple(lines)


def _head(view: View, layout: Layout, row: int, width: int) -> Iterator[Line]:
    info = layout.rows[row]
    sign = SIGNS[row_states(view.facts, layout, view.diagnosis)[row]]
    yield (
        (f" {sign.char(view.ascii_only)} ", sign.meaning),
        (fit(safe(info.name), max(width - 4 - len(sign.word), 6)), "title"),
        (f"  {sign.word}", sign.meaning),
    )
    facts = [f"row {row + 1} of {len(layout.rows)}", *([safe(info.kind)] if info.kind else [])]
    if info.activation:
        facts.append(safe(info.activation))
    if info.fan_in or info.fan_out:
        facts.append(f"{info.fan_in} in, {info.fan_out} out")
    yield ((" " + " · ".join(facts), "quiet"),)


def _theory(view: View, row: int, theory: Theory, width: int) -> Iterator[Line]:
    if view.info is not None and view.info.logged is not None:
        return
    line = theory_line(theory, view.facts, row)
    words = plain(line).strip()
    if len(words) < width:
        yield from (line,) if line else ()
        return
    for place, part in enumerate(wrap(words, width - 3)):
        yield ((f"{'   ' if place else ' '}{part}", "quiet"),)


def _over_time(view: View, row: int, width: int) -> Iterator[Line]:
    facts = view.facts
    if facts is None or not len(facts):
        yield ((" nothing measured yet", "quiet"),)
        return
    room = min(max(width - LABEL - VALUE - 3, 0), 80)
    yield (
        (f" {'':<{LABEL}}{'now':>{VALUE}}  ", "quiet"),
        ("over the steps"[:room], "quiet"),
    )
    for label, values, log in quantities(facts, row):
        measured = ~np.isnan(values) | _was_taken(facts, label, row)
        thinned, now = latest(facts.steps, values, measured, room)
        if not len(thinned):
            continue
        if log:
            with np.errstate(divide="ignore", invalid="ignore"):
                thinned = np.log10(thinned)
        value = number(now) if log else share(now)
        broken = not np.isfinite(now)
        yield (
            (f" {label:<{LABEL}}", ""),
            (f"{value:>{VALUE}}  ", "nonfinite" if broken else "strong"),
            *spark(thinned, "accent", ascii_only=view.ascii_only),
        )


def quantities(facts: Facts, row: int) -> Iterator[tuple[str, FloatArray, bool]]:
    """(name, [n] values with NaN where not measured, drawn on a log scale)."""
    layout = facts.layout
    mine = parameters_of(layout, row)
    own = [i for i in mine if layout.tensors[i].role != "hidden"]
    yield "gradient norm", facts.row_norms[:, row], True
    if mine:
        yield "largest |gradient|", facts.grads[:, mine, Grad.ABS_MAX].max(axis=1), True
        elements = max(float(layout.numel[mine].sum()), 1.0)
        yield (
            "zeros in the gradient",
            facts.grads[:, mine, Grad.ZEROS].sum(axis=1) / elements,
            False,
        )
    if own:
        weights = _joined(facts.weights[:, own, Weight.NORM])
        updates = _joined(facts.weights[:, own, Weight.UPDATE])
        yield "weight norm", weights, True
        with np.errstate(divide="ignore", invalid="ignore"):
            yield "update / weight", updates / weights, True
    activations = facts.activations[:, row]
    yield "output variance", activations[:, Act.VARIANCE], True
    yield "dead units", activations[:, Act.DEAD], False
    yield "saturated values", activations[:, Act.SATURATED], False
    yield "signal at the output", activations[:, Act.SIGNAL], True


def _joined(norms: FloatArray) -> FloatArray:
    """[n, tensors] -> [n]."""
    zero = np.zeros(norms.shape[1], dtype=np.int64)
    return merged_rows(norms, zero, 1)[:, 0]


def _was_taken(facts: Facts, label: str, row: int) -> BoolArray:
    """[n] where the quantity was measured even though it is NaN: a NaN must not pass for a gap."""
    mine = parameters_of(facts.layout, row)
    if label in ("gradient norm", "largest |gradient|"):
        counts = facts.grads[:, mine, Grad.NONFINITE]
    elif label in ("output variance", "signal at the output"):
        counts = facts.activations[:, row, Act.NONFINITE, None]
    elif label in ("weight norm", "update / weight"):
        counts = facts.weights[:, mine, Weight.NONFINITE]
    else:
        counts = np.zeros((len(facts), 1))
    taken: BoolArray = np.any(counts > 0, axis=1)
    return taken


def _histogram(view: View, layout: Layout, row: int, width: int) -> Iterator[Line]:
    if view.histograms is None:
        return
    step, counts = view.histograms
    mine = parameters_of(layout, row)
    yield (
        (" gradient elements by size", "title"),
        (f"  log2|g| at step {count(step)}", "quiet"),
    )
    total = counts[mine].sum(axis=0, dtype=np.float64)
    for line in histogram_lines(total, max(width - 3, 1), 4, ascii_only=view.ascii_only):
        yield ((" ", ""), *line)


def _tensors(view: View, layout: Layout, row: int, width: int) -> Iterator[Line]:
    yield ((" tensors", "title"),)
    facts = view.facts
    for index in parameters_of(layout, row):
        tensor = layout.tensors[index]
        now = facts.grads[-1, index] if facts is not None and len(facts) else None
        yield from _tensor(tensor, now, width)


def _count(elements: float) -> str:
    return number(elements) if elements > 1e6 else str(int(elements))


def _tensor(tensor: TensorInfo, now: FloatArray | None, width: int) -> Iterator[Line]:
    shape = " x ".join(str(n) for n in tensor.shape) or "scalar"
    if tensor.shape == UNKNOWN_SHAPE:
        shape = "size not logged"
    tail = f"  {shape}  {safe(tensor.role)}"
    yield ("   " + fit(safe(tensor.name), max(width - 4 - len(tail), 6)), "strong"), (tail, "quiet")
    if now is not None:
        zeros = share(float(now[Grad.ZEROS]) / max(tensor.numel, 1))
        counted = not np.isnan(now[Grad.ZEROS])
        top = float(now[Grad.ABS_MAX])
        most = "-" if np.isnan(top) and not now[Grad.NONFINITE] > 0 else number(top)
        text = f"     |g| {number(float(now[Grad.NORM]))}  max {most}"
        bad = float(now[Grad.NONFINITE])
        yield (
            (f"{text}  zeros {zeros}", ""),
            (f"  {_count(bad) if counted else 'some'} not finite" if bad > 0 else "", "nonfinite"),
        )
    if tensor.structural_zero:
        for line in wrap(f"zero by construction: {tensor.structural_zero}", width - 6):
            yield (("     " + line, "quiet"),)
