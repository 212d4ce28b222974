"""A picture of the screen and the verdict in words, as one HTML file that needs nothing else."""

from collections.abc import Iterable, Iterator
from html import escape

from gradtui.commands.report import Report
from gradtui.core.text import printable

STYLE = """
body { margin: 2rem auto; max-width: 1200px; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif;
       color: #ddd; background: #16181d; }
svg { width: 100%; height: auto; }
code, pre { font-family: ui-monospace, monospace; }
.bad { color: #ff7b72; } .good { color: #7ee787; } .quiet { color: #999; }
"""


def page(
    title: str, words: Iterable[str], svg: str, report: Report | None, output: Iterable[str] = ()
) -> str:
    """`words` are paragraphs under the title, `output` the lines that the command has printed;
    everything is escaped but the picture itself."""
    body = [f"<h1>{_safe(title)}</h1>", *(f"<p>{_safe(line)}</p>" for line in words)]
    if report is not None:
        body += _verdict(report)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f"<title>{_safe(title)}</title><style>{STYLE}</style></head><body>",
            *body,
            svg[svg.index("<svg") :],
            *_printed(output),
            "</body></html>\n",
        ]
    )


def _verdict(report: Report) -> Iterator[str]:
    yield from (f'<p class="bad">{_safe(sentence)}</p>' for sentence in report.ending)
    look = "good" if report.exit_code == 0 else "bad"
    words = (report.covered or report.verdict).replace("_", " ")
    yield f'<h2 class="{look}">{_safe(words)} after {report.steps:,} steps</h2>'
    for finding in report.findings:
        layers = ", ".join(finding["layers"])
        where = f", {layers}" if layers else ""
        yield f"<h3>{_safe(finding['symptom'].replace('_', ' '))}{_safe(where)}</h3>"
        since = f"since step {finding['first_step']:,}"
        yield f'<p>{_safe(finding["evidence"])} <span class="quiet">({since})</span></p>'
        yield f"<p>Why: {_safe(finding['cause'])}.</p><ol>"
        yield from (f"<li>{_safe(remedy)}</li>" for remedy in finding["remedies"])
        yield "</ol>"
    yield from (f'<p class="quiet">{_safe(note)}</p>' for note in report.notes)


def _printed(output: Iterable[str]) -> Iterator[str]:
    lines = [_safe(line) for line in output]
    if lines:
        yield "<h2>what it printed</h2><pre>"
        yield from lines
        yield "</pre>"


def _safe(words: str) -> str:
    return escape(printable(words))
