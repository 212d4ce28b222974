"""What became of a sick case under its first remedy."""

from dataclasses import dataclass

from gradtui.doctor.diagnose import diagnose
from gradtui.doctor.remedies.code.prescription import DATA, LOSS, Prescription
from gradtui.doctor.remedies.code.prescriptions import prescribe
from gradtui.doctor.remedy_effect import CURED, PARTLY, judge_treatment
from tests.repairs.case import Case
from tests.repairs.loop import train

UNNAMED = "not named"
"""Nothing was found, so nothing was prescribed: the verdicts' business, not the remedies'."""
ONLY_LOOKS = "only looks"
FAILED = "raises"


@dataclass(frozen=True, slots=True)
class Repair:
    case: str
    seed: int
    symptom: str
    remedy: str
    rank: int
    word: str
    reason: str

    @property
    def counts(self) -> bool:
        return self.word not in (UNNAMED, ONLY_LOOKS)

    @property
    def repaired(self) -> bool:
        return self.word in (CURED, PARTLY)


def repair(case: Case, seed: int, *, every: bool = False) -> list[Repair]:
    """The first remedy that changes something; with `every`, all of them."""
    sick = train(case, seed)
    found = diagnose(sick)
    if found.healthy or not found.findings:
        return [Repair(case.name, seed, found.verdict, "", 0, UNNAMED, "")]
    finding = found.findings[0]
    key = finding.cause
    out = []
    for rank, one in enumerate(prescribe(finding, sick), 1):
        if not one.changes:
            out.append(
                Repair(case.name, seed, found.verdict, one.remedy.text, rank, ONLY_LOOKS, key)
            )
            continue
        try:
            treated = train(case, seed, one)
        except Exception as error:
            out.append(
                Repair(case.name, seed, found.verdict, one.remedy.text, rank, FAILED, repr(error))
            )
        else:
            judged = judge_treatment(sick, treated, same_loss=_same_loss(one))
            word, reason = judged.word, judged.reason
            out.append(Repair(case.name, seed, found.verdict, one.remedy.text, rank, word, reason))
        if not every:
            break
    return out


def _same_loss(prescription: Prescription) -> bool:
    return prescription.place not in (DATA, LOSS)
