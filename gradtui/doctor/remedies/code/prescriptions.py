"""From a finding to code, one remedy after the other."""

from dataclasses import asdict

from gradtui.core.facts import Facts
from gradtui.doctor.finding import Finding
from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.prescription import Prescription


def prescribe(finding: Finding, facts: Facts) -> tuple[Prescription, ...]:
    """The remedies of `finding` as code for the program that `facts` were recorded of, in their
    order; those that are words alone are left out."""
    seen = ProgramSeen(facts, finding)
    out = []
    for remedy in finding.remedies:
        made = remedy.code(seen)
        if made is not None:
            out.append(Prescription(**asdict(made), remedy=remedy))
    return tuple(out)
