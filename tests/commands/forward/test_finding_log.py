"""Findings are told once, and not before it is sure that they stay."""

from dataclasses import replace

import pytest

from gradtui.commands.forward.finding_log import FindingLog, layer_names, told_nonfinite
from gradtui.core.autopsy import Autopsy
from gradtui.core.layout import Layout, RowInfo
from gradtui.core.snapshot import NonFinite
from gradtui.core.symptom import HEALTHY, Severity
from gradtui.doctor.finding import Diagnosis, Finding
from tests.factories import remedy

LATE = 1e9


def found(symptom: str, step: int, severity: Severity = Severity.WARNING) -> Diagnosis:
    finding = Finding(
        symptom,
        severity,
        step // 2,
        "a\x1b[2J",
        "b",
        (remedy("first"), remedy("second")),
        (0,),
        ("l0",),
    )
    return Diagnosis(symptom, severity, step, (finding,))


def well(step: int) -> Diagnosis:
    return Diagnosis(HEALTHY, Severity.OK, step)


def test_two_looks_with_steps_between_tell_a_finding_once() -> None:
    log = FindingLog()
    assert log.see(found("plateau", 10), LATE) == []
    assert log.see(found("plateau", 10), LATE) == [], "no step between"
    (told,) = log.see(found("plateau", 20), LATE)
    assert (told.kind, told.symptom, told.severity, told.step) == (
        "finding",
        "plateau",
        "warning",
        10,
    )
    assert (told.evidence, told.cause, told.remedy, told.layers) == (
        "a\\x1b[2J",
        "b",
        "first",
        ("l0",),
    )
    assert told.words == "step 10: plateau (warning). a\\x1b[2J. Why: b. Try: first."
    assert log.see(found("plateau", 30), LATE) == []
    assert log.holding == {"plateau": "warning"}


def test_one_that_passes_is_not_told_and_one_that_was_told_is_gone_after_two_looks() -> None:
    log = FindingLog()
    log.see(found("plateau", 10), LATE)
    assert log.see(well(20), LATE) == []
    log.see(found("plateau", 30), LATE)
    log.see(found("plateau", 40), LATE)
    assert log.see(well(50), LATE) == []
    (told,) = log.see(well(60), LATE)
    assert (told.kind, told.symptom, told.words) == (
        "gone",
        "plateau",
        "step 60: plateau is not found any more.",
    )
    assert log.holding == {"plateau": "ok"}


def test_one_that_is_worse_is_told_again() -> None:
    log = FindingLog()
    for step in (10, 20):
        log.see(found("plateau", step), LATE)
    assert log.see(found("plateau", 30, Severity.CRITICAL), LATE) == []
    (told,) = log.see(found("plateau", 40, Severity.CRITICAL), LATE)
    assert told.severity == "critical"


def test_a_nan_and_what_is_found_at_the_end_are_told_at_once() -> None:
    log = FindingLog()
    assert len(log.see(found("nonfinite", 10, Severity.CRITICAL), LATE)) == 1
    assert log.see(well(20), LATE) + log.see(well(30), LATE) == [], "it never passes"
    assert len(FindingLog().see(found("plateau", 10), LATE, last=True)) == 1


def test_another_attempt_is_judged_from_its_first_step() -> None:
    log = FindingLog()
    log.see(well(500), LATE)
    log.begin_anew()
    log.see(found("plateau", 10), LATE)
    assert len(log.see(found("plateau", 20), LATE)) == 1


def test_the_origin_of_a_nan_is_told_when_it_is_known() -> None:
    log = FindingLog()
    seen = NonFinite(7, "forward", "net.2", "output")
    (first,) = log.see_nonfinite(seen, LATE)
    assert first.evidence == "first seen in the forward pass at output of net.2"
    assert log.see_nonfinite(seen, LATE) == []
    traced = seen._replace(
        autopsy=Autopsy(
            7, "forward", words="log of 1 negative value", operation="log", source="a.py:3"
        )
    )
    (second,) = log.see_nonfinite(traced, LATE)
    assert (second.evidence, second.cause, second.step) == (
        "log of 1 negative value",
        "log gave it (a.py:3)",
        7,
    )
    assert log.see_nonfinite(traced, LATE) == log.see_nonfinite(None, LATE) == []


@pytest.mark.parametrize(
    ("phase", "words"),
    [("weights", "first seen at fc.weight of fc"), ("backward", "backward pass")],
)
def test_where_a_nan_was_seen(phase: str, words: str) -> None:
    assert words in told_nonfinite(NonFinite(0, phase, "fc", "fc.weight"), LATE).evidence


def test_layers_have_names_of_their_own() -> None:
    rows = tuple(RowInfo(name) for name in ("a", "a", "", "b\n"))
    layout = Layout((), rows)
    assert layer_names(layout, 9) == ["a", "a#1", "2", "b\\n"]
    assert layer_names(replace(layout), 2) == ["a", "a#1"]
