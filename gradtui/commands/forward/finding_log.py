"""Which findings are told, and when: each once, and once more where it is worse or gone."""

from gradtui.commands.forward.records import Told
from gradtui.core.layout import Layout
from gradtui.core.snapshot import NonFinite
from gradtui.core.text import printable
from gradtui.doctor.finding import Diagnosis, Finding

STAYS = "nonfinite"
"""The symptom that never passes again."""
LONGEST = 1000
"""Characters of a sentence."""
MOST_LAYERS = 20
"""Layers that a finding names."""
OK = "ok"


class FindingLog:
    """Takes in one diagnosis after the other. A finding is told where two looks with further steps between
    them have it, so that one which passes is not; a NaN, and what is found at the end, at once."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}
        """Symptom -> severity, of the last look."""
        self._step = -1
        self._traced = False
        self._nonfinite = False
        self.holding: dict[str, str] = {}
        """Symptom -> severity of all that was told, OK for those that hold no more."""

    def begin_anew(self) -> None:
        """Another attempt: its steps begin at 0 again, and a NaN of it is its own."""
        self._step = -1
        self._traced = self._nonfinite = False

    def see(self, diagnosis: Diagnosis, now: float, *, last: bool = False) -> list[Told]:
        """What is to be told after a look; `last`: there are no more. `now` is seconds since 1970."""
        if diagnosis.step <= self._step and not last:
            return []
        found = {one.symptom: one for one in diagnosis.findings}
        said = []
        for symptom, finding in found.items():
            word = finding.severity.word
            sure = last or symptom == STAYS or self._before.get(symptom) == word
            if sure and self.holding.get(symptom, OK) != word:
                self.holding[symptom] = word
                said.append(told_finding(finding, now))
        for symptom, word in self.holding.items():
            twice = last or symptom not in self._before
            if word != OK and symptom not in found and twice and symptom != STAYS:
                self.holding[symptom] = OK
                said.append(Told("gone", max(diagnosis.step, 0), now, symptom, OK))
        self._before = {symptom: one.severity.word for symptom, one in found.items()}
        self._step = diagnosis.step
        return said

    def see_nonfinite(self, seen: NonFinite | None, now: float) -> list[Told]:
        """The first NaN or infinity; once more where its origin is found out later."""
        if seen is None or (self._nonfinite and (self._traced or seen.autopsy is None)):
            return []
        self._nonfinite, self._traced = True, seen.autopsy is not None
        return [told_nonfinite(seen, now)]


def told_finding(finding: Finding, now: float) -> Told:
    return Told(
        "finding",
        max(finding.first_step, 0),
        now,
        finding.symptom,
        finding.severity.word,
        safe(finding.evidence),
        safe(finding.cause),
        safe(finding.remedies[0].text) if finding.remedies else "",
        tuple(safe(name) for name in finding.layers[:MOST_LAYERS]),
    )


def told_nonfinite(seen: NonFinite, now: float) -> Told:
    """Where it was born, as far as that is known."""
    autopsy = seen.autopsy
    place = f"first seen in the {seen.phase} pass" if seen.phase != "weights" else "first seen"
    place += f" at {seen.tensor}" if seen.tensor else ""
    place += f" of {seen.module}" if seen.module else ""
    words = autopsy.words if autopsy is not None and autopsy.words else place
    operation = autopsy.operation if autopsy is not None else ""
    source = autopsy.source if autopsy is not None else ""
    cause = f"{operation} gave it" if operation else ""
    cause += f" ({source})" if source and cause else source
    return Told(
        "nonfinite",
        max(seen.step, 0),
        now,
        STAYS,
        "critical",
        safe(words),
        safe(cause),
        layers=(safe(seen.module),) if seen.module else (),
    )


def layer_names(layout: Layout, most: int) -> list[str]:
    """The names of the first rows, safe to show, each once: one that comes again has its number."""
    names: dict[str, None] = {}
    for number, row in enumerate(layout.rows[:most]):
        name = safe(row.name) or str(number)
        names[name if name not in names else f"{name}#{number}"] = None
    return list(names)


def safe(text: str) -> str:
    return printable(text)[:LONGEST]
