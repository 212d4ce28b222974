"""The remedies of what the doctor has found, as code: worked out when somebody asks to see it."""

from dataclasses import dataclass

from gradtui.core.facts import Facts
from gradtui.health.finding import UNDECIDED, Diagnosis, Finding
from gradtui.health.prescriptions.prescribe import prescribe
from gradtui.health.prescriptions.prescription import Prescription, parts


@dataclass(frozen=True, slots=True)
class Prescribed:
    """`items`: each finding with its remedies that are code; those of words alone are the finding's
    other remedies."""

    diagnosis: Diagnosis
    items: tuple[tuple[Finding, tuple[Prescription, ...]], ...] = ()

    @property
    def all(self) -> tuple[Prescription, ...]:
        """The prescriptions in their order on screen."""
        return tuple(one for _, several in self.items for one in several)

    def about(self, diagnosis: Diagnosis) -> bool:
        """Whether it answers to what `diagnosis` says: other numbers of the same findings are no
        reason to change code under the eyes of who reads it."""
        mine, other = self.diagnosis, diagnosis
        return (
            mine.verdict == other.verdict
            and (mine.step < 0) == (other.step < 0)
            and [(f.symptom, f.remedies) for f in mine.findings]
            == [(f.symptom, f.remedies) for f in other.findings]
        )


NOTHING_YET = Prescribed(UNDECIDED)


def prescribed(diagnosis: Diagnosis, facts: Facts) -> Prescribed:
    """All remedies of a diagnosis as code made for what `facts` show."""
    return Prescribed(diagnosis, tuple((f, prescribe(f, facts)) for f in diagnosis.findings))


def as_script(prescription: Prescription) -> str:
    """What is copied: the remedy and the places of its lines as comments, then the lines."""
    out = [f"# {prescription.remedy}"]
    for place, code in parts(prescription):
        out += [f"# {place}:", code, ""]
    return "\n".join(out)
