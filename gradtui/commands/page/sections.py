"""The other parts of the page: the NaN report, the table of layers, what the run was, what it printed."""

from collections.abc import Iterable, Sequence
from math import isfinite, log10, nan
from typing import Any

from gradtui.app.render.number import reading, share
from gradtui.commands.page.layers import SPARK, LayerRow
from gradtui.commands.page.markup import definitions, lines, safe
from gradtui.core.autopsy import Autopsy, ModuleRange, Span

SCROLLED = ' tabindex="0"'
"""What is wider or higher than its place is gone through by keys as well."""
CALL = ("inputs", "weights", "output", "gradient")
"""What is told of a call of a module."""
HIGH = 16
"""Units of a small curve's height."""


def nan_html(first: dict[str, Any] | None, found: Autopsy | None) -> str:
    """Where the first value that is not finite showed, and where it was born."""
    if first is None:
        return ""
    facts = [("first seen", f"step {first['step']:,}, {first['phase']}")]
    if found is None or not found.known:
        facts += [(name, str(first[name])) for name in ("module", "tensor") if first[name]]
    words = ""
    if found is not None:
        words = f"<p>{safe(found.words)}</p>" if found.words else ""
        facts += _origin(found)
    table = _around(found) if found is not None else ""
    return f'<section id="nan"><h2>The first NaN</h2>{words}{definitions(facts)}{table}</section>'


def _origin(found: Autopsy) -> Iterable[tuple[str, str]]:
    yield "born at", f"step {found.step:,}" + (f", {found.phase}" if found.phase else "")
    for name, words in (
        ("in module", " ".join(w for w in (found.module, found.kind) if w)),
        ("tensor it was in", found.tensor),
        ("operation", found.operation),
        ("line", found.source),
        ("where", found.code),
        ("it was given", str(found.argument) if found.argument is not None else ""),
    ):
        if words:
            yield name, words
    if found.float32_would_hold is not None:
        yield "float32 would hold it", "yes" if found.float32_would_hold else "no"
    if not found.reproduced:
        yield "run once more", "it gave finite numbers, or could not be done"


def _around(found: Autopsy) -> str:
    """The modules around, in the order of execution."""
    if not found.around:
        return ""
    heads = "".join(
        f'<th scope="col"{kind}>{name}</th>'
        for kind, names in (("", ("module", "type")), (" class=n", CALL))
        for name in names
    )
    rows = "".join(_call(one, place == found.at) for place, one in enumerate(found.around))
    caption = "Largest absolute values around it, in the order of execution"
    return (
        f'<div class="wide"{SCROLLED}><table class="calls"><caption>{caption}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _call(one: ModuleRange, here: bool) -> str:
    spans = (one.inputs, one.weights, one.outputs, one.gradient)
    cells = "".join(f'<td class="n">{_span(span)}</td>' for span in spans)
    mark = "▸ " if here else ""
    return (
        f'<tr{" class=sick" if here else ""}><th scope="row">{mark}{safe(one.path or "(model)")}</th>'
        f"<td>{safe(one.kind)}</td>{cells}</tr>"
    )


def _span(span: Span | None) -> str:
    if span is None:
        return "-"
    if span.nonfinite:
        return f"✗ {span.nonfinite:,} of {span.size:,} not finite"
    return reading(span.high)


COLUMNS = (
    ("#", "place in the net, input side first"),
    ("layer", "its name in the model"),
    ("kind", "its type, and the activation that follows"),
    ("parameters", "how many"),
    ("gradient", "L2 norm at its last step, before clipping"),
    ("median", "of the gradient norm over the run"),
    ("min", "smallest gradient norm"),
    ("max", "largest gradient norm"),
    ("change", "gradient norm of the last tenth of the run over that of the first"),
    ("weights", "L2 norm"),
    ("update", "norm of the last measured update over that of the weights"),
    ("zeros", "share of the gradient that is exactly zero"),
    ("not finite", "kept steps with NaN or infinity"),
    ("history", "log of the gradient norm over the run, each on a scale of its own"),
)
"""(head, what it means)"""
WORDS = ("layer", "kind")


def layers_html(layers: Sequence[LayerRow], left_out: int) -> str:
    """The table; the script makes its heads buttons, and adds a field to filter by."""
    heads = "".join(
        f'<th scope="col" title="{safe(words)}"{"" if name in WORDS else " class=n"}>{name}</th>'
        for name, words in COLUMNS
    )
    rows = "".join(_layer(number, row) for number, row in enumerate(layers, 1))
    more = f"<p>{left_out:,} further layers are left out.</p>" if left_out else ""
    return (
        f'<section id="layers"><h2>Layers</h2>{more}<div class="wide"{SCROLLED}><table class="layers">'
        "<caption>Every layer, input side first. ✗ marks those that a finding names.</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _layer(number: int, row: LayerRow) -> str:
    mark = '<span class="glyph">✗</span> ' if row.sick else ""
    numbers = (row.now, row.median, row.low, row.high)
    lost = f"{row.lost:,} from {row.lost_first:,}" if row.lost else "0"
    cells = [
        _cell(number, str(number)),
        f'<th scope="row" title="{safe(row.shapes)}">{mark}{safe(row.name)}</th>',
        f"<td>{safe(row.kind)}</td>",
        _cell(row.parameters, f"{row.parameters:,}"),
        *(_cell(value, _number(value)) for value in numbers),
        _cell(row.change, f"×{reading(row.change)}" if row.change == row.change else "-"),
        _cell(row.weights, _number(row.weights, missing="NaN" if row.weights_lost else "-")),
        _cell(row.update, _number(row.update, missing="-")),
        _cell(row.zeros, share(row.zeros)),
        _cell(row.lost, lost),
        f'<td class="spark">{spark(row.spark)}</td>',
    ]
    return f"<tr{' class=sick' if row.sick else ''}>{''.join(cells)}</tr>"


def _number(value: float, missing: str = "NaN") -> str:
    return missing if value != value else reading(value)


def _cell(value: float, words: str) -> str:
    """`data-v` is what is sorted by."""
    order = f"{value:.6g}" if isfinite(value) else "" if value != value else "1e999"
    return f'<td class="n" data-v="{order}">{words}</td>'


def spark(points: Sequence[float | None]) -> str:
    """A small curve, with a mark where there is no number."""
    known = [point for point in points if point is not None]
    low, high = (min(known), max(known)) if known else (nan, nan)
    wide = max(high - low, log10(1.2)) if known else 1.0
    out, pen, odd = [], "M", []
    for x, point in enumerate(points):
        if point is None:
            odd.append(f"M{x} 1V{HIGH - 1}")
            pen = "M"
            continue
        y = round(HIGH - 1 - (HIGH - 2) * (point - low) / wide)
        out.append(f"{pen}{x} {y}" + ("h0" if pen == "M" else ""))
        pen = "L"
    lost = f'<path class="lost" d="{"".join(odd)}"/>' if odd and known else ""
    return (
        f'<svg viewBox="-1 0 {SPARK + 1} {HIGH}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="curve" d="{"".join(out)}"/>{lost}</svg>'
        if known
        else "-"
    )


def output_html(output: Sequence[str], *, logged: bool = False) -> str:
    """The last lines of what the command has printed, or what the log of another tool holds."""
    if not output:
        return ""
    return (
        f'<section id="output"><h2>{"What the log holds" if logged else "What it printed last"}</h2>'
        f'<pre class="output" tabindex="0">{lines(chr(10).join(output))}</pre></section>'
    )
