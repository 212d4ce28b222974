"""What is wrong, and what to do about it, as parts of the page."""

from typing import Any

from gradtui.commands.page.markup import lines, safe
from gradtui.commands.report import FAILED, Report
from gradtui.commands.targets import WELL
from gradtui.commands.verdict_lines import verdict_words
from gradtui.core.symptom import OPEN, Severity

SHOWN = 12
"""Layers of a finding that are named at once."""
GLYPHS = {"good": "●", "warn": "▲", "bad": "✗", "open": "○"}
"""As on the screen: colour never says anything alone."""


def look(report: Report) -> str:
    """ "good", "warn", "bad", or "open" where nothing is known against the run, nor for it."""
    if report.verdict == FAILED or report.command_exit or report.error:
        return "bad"
    if report.verdict in OPEN:
        return "open"
    if report.verdict in WELL:
        return "good"
    return "warn" if report.severity == Severity.WARNING.word else "bad"


def verdict_text(report: Report) -> str:
    """The verdict in words; of a run that has none, why."""
    return report.error or FAILED if report.verdict == FAILED else verdict_words(report)


def verdict_html(report: Report, title: str, *, running: bool) -> str:
    """The head of the page: how it ended comes before what was found."""
    kind = look(report)
    ended = [*report.ending] or (["it still runs"] if running else [])
    words = "".join(f'<p class="ending">{safe(sentence)}</p>' for sentence in ended)
    if report.error and report.error != verdict_text(report) and not report.ending:
        words += f'<p class="ending">{safe(report.error)}</p>'
    expected = ""
    if report.expected and report.command_exit is None and report.run is None and not report.error:
        met = "as expected" if report.as_expected else f"expected {report.expected}"
        expected = f" <small>({safe(met.replace('_', ' '))})</small>"
    return (
        f'<header class="verdict {kind}"><p class="glyph" aria-hidden="true">{GLYPHS[kind]}</p>'
        f"<div>{words}<h1>{safe(verdict_text(report))}{expected}</h1>"
        f'<p class="command"><code>{safe(title)}</code></p></div></header>'
    )


def findings_html(report: Report) -> str:
    """Every finding, then the notes."""
    out = [_finding(number, one) for number, one in enumerate(report.findings, 1)]
    if report.notes:
        notes = "".join(f"<li>{safe(note)}</li>" for note in report.notes)
        head = "<h3>Notes</h3>" if report.findings else ""
        out.append(f'<div class="notes">{head}<ul>{notes}</ul></div>')
    if not out:
        return ""
    title = "Findings" if report.findings else "Notes"
    return f'<section id="findings"><h2>{title}</h2>{"".join(out)}</section>'


def _finding(number: int, finding: dict[str, Any]) -> str:
    kind = "warn" if finding.get("severity") == Severity.WARNING.word else "bad"
    name = finding["symptom"].replace("_", " ")
    code = {one["remedy"]: one for one in finding.get("prescriptions", ())}
    remedies = "".join(_remedy(words, code.get(words)) for words in finding["remedies"])
    todo = f'<p class="do">What to do, the most promising first:</p><ol>{remedies}</ol>'
    return (
        f'<article class="finding {kind}" id="finding-{number}">'
        f'<h3><span class="glyph" aria-hidden="true">{GLYPHS[kind]}</span> {number}. {safe(name)}'
        f" <small>since step {finding['first_step']:,}</small></h3>"
        f"{_layers(finding['layers'])}<p>{safe(finding['evidence'])}</p>"
        f"<p><b>Why:</b> {safe(finding['cause'])}.</p>{todo if remedies else ''}</article>"
    )


def _layers(names: list[str]) -> str:
    if not names:
        return ""
    shown = ", ".join(f"<code>{safe(name)}</code>" for name in names[:SHOWN])
    count = "1 layer" if len(names) == 1 else f"{len(names):,} layers"
    rest = ", ".join(f"<code>{safe(name)}</code>" for name in names[SHOWN:])
    more = f"<details><summary>and {len(names) - SHOWN:,} more</summary>{rest}</details>"
    return f'<div class="where">{count}: {shown}{more if rest else ""}</div>'


def _remedy(words: str, prescription: dict[str, Any] | None) -> str:
    if prescription is None:
        return f"<li>{safe(words)}</li>"
    only = "" if prescription["changes"] else " (only looks)"
    parts = "".join(
        f'<p class="place">{safe(part["place"])}{only}:</p>'
        f'<pre class="code" tabindex="0">{lines(part["code"])}</pre>'
        for part in prescription["parts"]
    )
    expect = f'<p class="expect">Expect {safe(prescription["expect"])}.</p>'
    source = (
        f'<p class="source">{safe(prescription["source"])}</p>' if prescription["source"] else ""
    )
    return f"<li>{safe(words)}{parts}{expect}{source}</li>"
