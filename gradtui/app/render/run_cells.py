"""What stands in the cells of the list of runs."""

import re
import shlex
import time
from math import isnan

from gradtui.app.render.glyph import SEVERITY, UNKNOWN, Sign
from gradtui.app.render.line import Line
from gradtui.app.render.number import count, duration, reading, step_label
from gradtui.app.render.text import safe, to_ascii, verdict_words
from gradtui.app.run_row import RunRow
from gradtui.core.text import printable

MARK = Sign("✓", "*", "accent", "marked")
STATES: dict[str, Sign] = {
    "running": Sign("▸", ">", "healthy", "running"),
    "ended": Sign("■", "#", "quiet", "ended"),
    "crashed": Sign("✗", "X", "critical", "did not end well"),
    "lost": Sign("○", "?", "warn", "gone without a word"),
    "unreadable": Sign("✗", "!", "critical", "cannot be read"),
}
UNREAD = Sign("…", ".", "quiet", "being read")
STAMP = re.compile(r"\d{8}-\d{6}-(?=.)")
"""Of a run's name, the time in it: a column of its own has that."""
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
UNITS = ("kB", "MB", "GB", "TB", "PB", "EB")
LONGEST = 500
"""Characters of a command line that are shown."""


def short_name(name: str) -> str:
    """ "train-3f9a07" of "20261121-063337-train-3f9a07"."""
    return STAMP.sub("", safe(name), count=1)


def when(started: float, now: float) -> str:
    """ "12 s ago", "5 min ago", "3 h ago" on the same day, then "21 Nov 14:03", "21 Nov 2025"; local
    time. Unknown is "-"."""
    age = now - started
    if isnan(age):
        return "-"
    if 0 <= age < DAY:
        if age < MINUTE:
            return f"{int(age)} s ago"
        return f"{int(age / MINUTE)} min ago" if age < HOUR else f"{int(age / HOUR)} h ago"
    try:
        then, today = time.localtime(started), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return "-"
    if then.tm_year == today.tm_year:
        return time.strftime("%d %b %H:%M", then)
    return f"{time.strftime('%d %b', then)} {then.tm_year}"


def file_size(count_of_bytes: int) -> str:
    """ "0 B", "512 B", "1.2 MB", "340 MB": units of 1000, as disks are sold; unknown is "-"."""
    if count_of_bytes < 0:
        return "-"
    if count_of_bytes < 1000:
        return f"{count_of_bytes} B"
    value = float(count_of_bytes)
    for unit in UNITS:
        value /= 1000
        if value < 999.5:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{value:.0f} {UNITS[-1]}"


def state_words(row: RunRow) -> str:
    """ "running", "exited with 3", "killed by SIGKILL"; nothing while it is not known."""
    return safe(row.summary.ending) if row.summary is not None else ""


def state_cell(row: RunRow, ascii_only: bool = False, short: bool = False) -> Line:
    """ "✗ exited with 3", "✗ killed by SIGKILL"; where `short`, "✗ exit 3", "✗ SIGKILL"."""
    if row.summary is None:
        return ((UNREAD.char(ascii_only), UNREAD.meaning),)
    sign = STATES.get(row.summary.state, UNREAD)
    if row.summary.state == "ended" and row.troubled:
        sign = STATES["crashed"]
    words = state_words(row)
    if short:
        words = words.replace("exited with", "exit").removeprefix("killed by ")
    meaning = "" if sign.meaning == "quiet" else sign.meaning
    return ((f"{sign.char(ascii_only)} ", sign.meaning), (words, meaning))


def verdict_cell(row: RunRow, ascii_only: bool = False, short: bool = False) -> Line:
    """Glyph and words: "▲ vanishing gradient until 40,212" of a run that ended badly then; where
    `short` only "● healthy until 40k": nobody may take that for the end."""
    told = row.judgement
    if told is None or row.summary is None:
        waiting = not row.judged
        return ((UNREAD.char(ascii_only) if waiting else "-", "quiet"),)
    if not told.verdict:
        return (("? cannot be judged", "warn"),) if told.trouble else (("-", "quiet"),)
    sign = SEVERITY[told.severity] if told.decided else UNKNOWN
    last = step_label(row.summary.last_step) if short else f"{row.summary.last_step:,}"
    said = row.summary.short and not (short and told.severity)
    until = f" until {last}" if said else ""
    return (
        (f"{sign.char(ascii_only)} ", sign.meaning),
        (verdict_words(told.verdict) + until, sign.meaning),
    )


def loss_text(value: float | None) -> str:
    return "-" if value is None else reading(value)


def steps_text(row: RunRow) -> str:
    return "-" if row.summary is None or row.unreadable else count(row.summary.steps)


def duration_text(row: RunRow, now: float) -> str:
    return duration(row.seconds(now))


def command_text(row: RunRow) -> str:
    """The command line on one line, safe to show."""
    if row.summary is None or not row.summary.command:
        return ""
    words = safe(shlex.join(row.summary.command))
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def trouble_text(row: RunRow) -> str:
    """Why a run cannot be read, in a few words: its path is known."""
    if row.summary is None:
        return ""
    return safe(row.summary.trouble.replace(printable(str(row.path)), "", 1).lstrip("/ "))


def note_text(row: RunRow) -> str:
    return safe(row.summary.note) if row.summary is not None else ""


def spelt(text: str, ascii_only: bool) -> str:
    return to_ascii(text) if ascii_only else text
