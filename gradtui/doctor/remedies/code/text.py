"""Prescriptions for other eyes: plain JSON, and lines for a terminal of any width."""

from collections.abc import Iterable
from typing import Any

from gradtui.core.text import printable
from gradtui.doctor.remedies.code.prescription import Prescription, parts

INDENT = "    "


def prescription_json(prescription: Prescription) -> dict[str, Any]:
    """id, remedy, source, changes, expect, and parts: [{place, code}], as a script comes to them."""
    return {
        "id": prescription.remedy.id,
        "remedy": prescription.remedy.text,
        "source": prescription.remedy.source,
        "changes": prescription.changes,
        "parts": [{"place": place, "code": code} for place, code in parts(prescription)],
        "expect": prescription.expect,
    }


def prescription_lines(prescription: Prescription) -> list[str]:
    """The remedy, where its lines go, the lines, what to expect. The code is not wrapped, so that
    it can be copied; a line never holds anything that a terminal would obey."""
    lines = [prescription.remedy.text]
    for place, code in parts(prescription):
        look = "" if prescription.changes else " (only looks)"
        lines += [f"  {place}{look}:", ""]
        lines += [INDENT + line if line else "" for line in code.split("\n")]
        lines.append("")
    lines.append(f"  expect {prescription.expect}")
    if prescription.remedy.source:
        lines.append(f"  source {prescription.remedy.source}")
    return [printable(line) for line in lines]


def prescriptions_text(prescriptions: Iterable[Prescription]) -> str:
    """All of them, numbered."""
    parts = []
    for count, one in enumerate(prescriptions, 1):
        first, *rest = prescription_lines(one)
        parts.append("\n".join([f"{count}. {first}", *rest]))
    return "\n\n".join(parts)
