"""The page: from what it tells to HTML."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from gradtui.commands.page import assets
from gradtui.commands.page.charts import Mark, curve_chart, heat_chart
from gradtui.commands.page.contents import PageContents, RunPlots
from gradtui.commands.page.curves import Curve
from gradtui.commands.page.findings import GLYPHS, findings_html, look, verdict_html, verdict_text
from gradtui.commands.page.markup import definitions, embedded, paragraphs, safe
from gradtui.commands.page.sections import layers_html, nan_html, output_html
from gradtui.commands.page.ticks import loss_is_log
from gradtui.commands.report import Report
from gradtui.core.version import version

DIGITS = 6
"""Of the numbers that the script is given."""
TITLES = {"loss": "loss", "norm": "gradient norm of the whole model", "lr": "learning rate"}


def page(contents: PageContents) -> str:
    """One HTML file that needs nothing else. Everything in it that comes from a run is escaped."""
    report, plots = contents.report, contents.plots
    style, script = assets.style(), assets.script()
    said = "; ".join([*report.ending[:1], verdict_text(report)])
    heading = f"{GLYPHS[look(report)]} {said}: {contents.title}"
    marks = marks_of(report, plots.last) if plots is not None else ()
    charts = charts_of(plots) if plots is not None else ()
    body = [
        verdict_html(report, contents.title, running=contents.running),
        paragraphs(contents.story),
        findings_html(report),
        nan_html(report.first_nonfinite, contents.autopsy),
        _charts(plots, charts, marks) if plots is not None else "",
        layers_html(plots.layers, plots.left_out) if plots is not None and plots.layers else "",
        f'<section id="run"><h2>The run</h2>{definitions(contents.about)}</section>'
        if contents.about
        else "",
        output_html(contents.output, logged=report.logged is not None),
        _foot(contents),
    ]
    data = embedded(_data(plots, charts, marks)) if plots is not None else "null"
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{assets.policy(style, script)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">',
            f"<title>{safe(heading)}</title><style>{style}</style></head><body>",
            "<main>",
            *(part for part in body if part),
            "</main>",
            f'<script type="application/json" id="data">{data}</script>',
            f"<script>{script}</script></body></html>\n",
        ]
    )


def marks_of(report: Report, last: int) -> tuple[Mark, ...]:
    """Where findings begin, by their numbers, and the first NaN."""
    marks = [
        Mark(finding["first_step"], str(number), finding["symptom"].replace("_", " "))
        for number, finding in enumerate(report.findings, 1)
    ]
    if report.first_nonfinite is not None:
        marks.append(Mark(report.first_nonfinite["step"], "✗", "first NaN or infinity"))
    return tuple(mark for mark in marks if 0 <= mark.step <= last)


class Chart(NamedTuple):
    """One of curves. `name` tells it from the others, in the page's data as well."""

    name: str
    title: str
    curves: Sequence[Curve]
    log: bool


def charts_of(plots: RunPlots) -> tuple[Chart, ...]:
    """What was measured, then what the program has logged."""
    out, validation = [], plots.metrics.validation
    for name, title in TITLES.items():
        curves = plots.curves.curves(name)
        if name == "loss" and validation is not None:
            curves = (*curves, validation)
        if curves:
            out.append(Chart(name, title, curves, _is_log(name, curves)))
    out += [
        Chart(f"metric-{number}", one.title, one.curves, one.log)
        for number, one in enumerate(plots.metrics.charts, 1)
    ]
    return tuple(out)


def _charts(plots: RunPlots, charts: Sequence[Chart], marks: Sequence[Mark]) -> str:
    out = [] if any(chart.name == "loss" for chart in charts) else ["<p>No loss was seen.</p>"]
    out += [
        curve_chart(chart.name, chart.title, chart.curves, plots.last, marks, log=chart.log)
        for chart in charts
    ]
    if plots.metrics.left_out:
        out.append(f"<p>{plots.metrics.left_out:,} further metrics are left out.</p>")
    if plots.layers and plots.heat.levels.size:
        names = [row.name for row in plots.layers]
        out.append(heat_chart(plots.heat, names, plots.last, marks))
    keys = "".join(
        f"<li><b>{safe(mark.label)}</b> step {mark.step:,}: {safe(mark.words)}</li>"
        for mark in marks
    )
    legend = f'<ul class="marks" aria-label="marks in the charts">{keys}</ul>' if keys else ""
    help_ = (
        '<p class="hint script">Point at a chart for its values; drag to zoom, double click for the whole '
        "run. Keys: ← → to go along, + − to zoom, 0 for the whole run.</p>"
    )
    return f'<section id="charts"><h2>Over the steps</h2>{legend}{help_}{"".join(out)}</section>'


def _is_log(name: str, curves: Sequence[Curve]) -> bool:
    """Whether a chart begins on a logarithmic axis."""
    values = [value for curve in curves for value in curve.values]
    return name == "norm" or (name == "loss" and loss_is_log(values))


def _data(plots: RunPlots, charts: Sequence[Chart], marks: Sequence[Mark]) -> dict[str, Any]:
    """What the script draws anew when somebody zooms, and reads out."""
    drawn = {
        chart.name: {"log": chart.log, "curves": [_curve(curve) for curve in chart.curves]}
        for chart in charts
    }
    heat = plots.heat
    return {
        "last": plots.last,
        "marks": [[mark.step, mark.label, mark.words] for mark in marks],
        "charts": drawn,
        "heat": {
            "first": heat.first,
            "stride": heat.stride,
            "columns": heat.levels.shape[1],
            "levels": heat.encoded(),
        },
        "layers": [row.name for row in plots.layers],
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {
        "name": curve.name,
        "dashed": curve.dashed,
        "steps": curve.steps,
        "values": [float(f"{value:.{DIGITS}g}") for value in curve.values],
        "lost": [[one.step, one.word, one.skipped] for one in curve.lost],
    }


def _foot(contents: PageContents) -> str:
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(contents.made))
    return f"<footer>Made by gradtui {safe(version())} on {made}.</footer>"
