"""What is done about the verdict on a run that goes on: the person is asked, somebody is told."""

from gradtui.core.confirmation import NONFINITE, Confirmation
from gradtui.core.symptom import Severity
from gradtui.doctor.finding import Diagnosis


class VerdictAlarm:
    """`look` at each diagnosis of the whole run. Each of the two alarms comes once."""

    def __init__(self, stop_on: str) -> None:
        self._stop_on = stop_on
        self._asking, self._telling = Confirmation(), Confirmation()
        self.critical = self.asked = False
        """Whether a critical finding has counted, and whether one has that the person is asked about."""

    def look(self, diagnosis: Diagnosis, steps: int, *, may_ask: bool = True) -> tuple[bool, bool]:
        """Whether the run is found critically ill just now, and whether it is time to ask. `steps`: how many
        it is a diagnosis of; the same one, looked at again, confirms nothing."""
        found = bool(diagnosis.findings)
        bad = found and (diagnosis.verdict == NONFINITE or self._stop_on != NONFINITE)
        critical = found and diagnosis.severity is Severity.CRITICAL
        told = not self.critical and self._counts(self._telling, critical, diagnosis, steps)
        wanted = bool(self._stop_on) and may_ask and not self.asked
        ask = wanted and self._counts(self._asking, bad, diagnosis, steps)
        self.critical |= told
        self.asked |= ask
        return told, ask

    @staticmethod
    def _counts(one: Confirmation, bad: bool, diagnosis: Diagnosis, steps: int) -> bool:
        if not bad:
            one.passed()
            return False
        return one.counts(diagnosis.verdict, steps)
