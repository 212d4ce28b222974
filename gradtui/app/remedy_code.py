"""The remedies of what the doctor has found, as code: worked out when somebody asks to see it."""

from dataclasses import dataclass

from gradtui.core.facts import Facts
from gradtui.doctor.finding import NOTHING_SEEN, Diagnosis, Finding
from gradtui.doctor.remedies.code.prescription import Prescription, parts
from gradtui.doctor.remedies.code.prescriptions import prescribe


@dataclass(frozen=True, slots=True)
class RemedyCode:
    """`items`: each finding with its remedies that are code; those of words alone are the finding's
    other remedies. `twin`: they are the untreated twin's, as the run itself needs none."""

    diagnosis: Diagnosis
    items: tuple[tuple[Finding, tuple[Prescription, ...]], ...] = ()
    twin: bool = False

    @property
    def all(self) -> tuple[Prescription, ...]:
        """The prescriptions in their order on screen."""
        return tuple(one for _, several in self.items for one in several)

    def about(self, diagnosis: Diagnosis, twin: Diagnosis | None = None) -> bool:
        """Whether it answers to what is found in a run and its twin: other numbers of the same
        findings are no reason to change code under the eyes of who reads it."""
        if self.twin != (not diagnosis.findings and twin is not None and bool(twin.findings)):
            return False
        mine, other = self.diagnosis, twin if self.twin and twin is not None else diagnosis
        return (
            mine.verdict == other.verdict
            and (mine.step < 0) == (other.step < 0)
            and [(f.symptom, f.remedies) for f in mine.findings]
            == [(f.symptom, f.remedies) for f in other.findings]
        )


NOTHING_YET = RemedyCode(NOTHING_SEEN)


def prescribed(diagnosis: Diagnosis, facts: Facts, *, twin: bool = False) -> RemedyCode:
    """All remedies of a diagnosis as code made for what `facts` show."""
    return RemedyCode(diagnosis, tuple((f, prescribe(f, facts)) for f in diagnosis.findings), twin)


def as_script(prescription: Prescription) -> str:
    """What is copied: the remedy and the places of its lines as comments, then the lines."""
    out = [f"# {prescription.remedy.text}"]
    for place, code in parts(prescription):
        out += [f"# {place}:", code, ""]
    return "\n".join(out)
