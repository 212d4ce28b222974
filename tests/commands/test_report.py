"""What `check --json` says about a run."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from gradtui.commands.report import Report, examined, failed, strict
from gradtui.commands.targets import Target
from gradtui.core.event import Ended, Failed
from gradtui.core.facts import Facts
from gradtui.core.snapshot import NonFinite
from gradtui.core.symptom import Severity
from gradtui.doctor.finding import Diagnosis, Finding
from gradtui.lab.scenario.schema import Scenario, ScenarioRemedy
from tests.doctor.prescribed import ADVICE
from tests.factories import healthy, history, remedy

SCENARIO = Scenario(
    name="net",
    title="A net",
    expect="vanishing_gradient",
    remedies=(
        ScenarioRemedy(title="tanh", expect="healthy", set={"model": {"activation": "tanh"}}),
    ),
)
FINDING = Finding(
    symptom="vanishing_gradient",
    severity=Severity.CRITICAL,
    first_step=3,
    evidence="1e-12 at the first layer",
    cause="sigmoids",
    remedies=(remedy("tanh"),),
    rows=(0,),
    layers=("layer 1",),
)
KEYS = {
    *("schema", "target", "expected", "as_expected", "verdict", "severity", "steps", "findings"),
    *("first_nonfinite", "final", "steps_per_s", "overhead_percent", "remedy", "error", "notes"),
    *("run", "command_exit", "treatment", "recorded", "signal", "exception", "dropped", "ending"),
    *(
        "overhead_percent_standing",
        "covered",
        "steps_taken",
        "steps_measured",
        "tensors_seen",
        "tensors_unseen",
        "logged",
        "undecided_because",
    ),
}


def facts() -> Facts:
    return history(healthy()).facts()


def parsed(report: Report) -> dict[str, object]:
    """Through JSON and back, refusing NaN and Infinity as strict readers do."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    line = json.dumps(report.as_json(), allow_nan=False)
    whole: dict[str, object] = json.loads(line, parse_constant=refuse)
    return whole


def test_a_sick_run_that_must_be_sick() -> None:
    diagnosis = Diagnosis("vanishing_gradient", Severity.CRITICAL, 59, (FINDING,), ("odd",))
    report = examined(Target(SCENARIO), facts(), diagnosis, Ended(1, 59, "finished"))
    found = parsed(report)
    assert set(found) == KEYS
    assert found["target"] == "net"
    assert found["remedy"] is None
    assert found["as_expected"] is True
    assert found["severity"] == "critical"
    assert found["steps"] == int(facts().steps[-1]) + 1
    assert found["findings"] == [
        {
            "symptom": "vanishing_gradient",
            "severity": "critical",
            "layers": ["layer 1"],
            "first_step": 3,
            "evidence": "1e-12 at the first layer",
            "cause": "sigmoids",
            "remedies": ["tanh"],
            "prescriptions": [],  # nobody knows lines for a remedy that the rules do not give
        }
    ]
    assert found["first_nonfinite"] is None
    assert report.exit_code == 3


@pytest.mark.parametrize(
    ("verdict", "as_expected", "code"),
    [
        ("healthy", True, 0),
        ("converged", True, 0),
        ("plateau", False, 3),
        ("nonfinite", False, 4),
    ],
)
def test_a_remedy_that_must_be_healthy(verdict: str, as_expected: bool, code: int) -> None:
    diagnosis = Diagnosis(verdict, Severity.OK, 59)
    report = examined(Target(SCENARIO, 0), facts(), diagnosis, Ended(1, 59, "finished"))
    assert (report.target, report.remedy, report.expected) == ("net+1", "tanh", "healthy")
    assert report.as_expected is as_expected
    assert report.exit_code == code


@pytest.mark.parametrize(("ended", "code"), [("nonfinite", 4), ("plateau", 3)])
def test_what_ends_in_nan_is_non_finite_whatever_had_led_to_it(ended: str, code: int) -> None:
    found = (FINDING, replace(FINDING, symptom=ended))
    diagnosis = Diagnosis(FINDING.symptom, Severity.CRITICAL, 59, found)
    report = examined(Target(SCENARIO), facts(), diagnosis, Ended(1, 59, "finished"))
    assert (report.verdict, report.exit_code) == (FINDING.symptom, code)


def test_numbers_that_are_not_finite_become_strings() -> None:
    seen = NonFinite(np.int64(4), "backward", "layer 1", "layer 1.weight")  # type: ignore[arg-type]
    sick = replace(facts(), loss=np.full(len(facts()), np.inf), first_nonfinite=seen)
    diagnosis = Diagnosis("nonfinite", Severity.CRITICAL, 59)
    found = parsed(examined(Target(SCENARIO), sick, diagnosis, Ended(1, 59, "finished")))
    final = found["final"]
    assert isinstance(final, dict)
    assert final["loss"] == "inf"
    assert found["first_nonfinite"] == {
        "step": 4,
        "phase": "backward",
        "module": "layer 1",
        "tensor": "layer 1.weight",
        "autopsy": None,
    }


def test_accuracy_is_null_where_there_is_none() -> None:
    run = replace(facts(), info=replace(facts().info, task="regression", classes=0))
    report = examined(Target(SCENARIO), run, Diagnosis("healthy", Severity.OK, 59), None)
    assert report.final["accuracy"] is None


def test_a_run_of_no_steps() -> None:
    none = facts().until(0)
    report = examined(Target(SCENARIO), none, Diagnosis("healthy", Severity.OK, -1), None)
    assert report.steps == 0
    assert report.final == {"loss": None, "accuracy": None}
    assert report.steps_per_s is None
    parsed(report)


def test_a_run_that_failed_has_no_verdict() -> None:
    end = Failed(1, 3, "out of memory", "Traceback ...")
    diagnosis = Diagnosis("healthy", Severity.OK, 3)
    report = examined(Target(SCENARIO), facts(), diagnosis, end)
    assert report == failed(Target(SCENARIO), "out of memory")
    assert (report.verdict, report.as_expected, report.exit_code) == ("failed", False, 1)
    assert parsed(report)["error"] == "out of memory"


def test_strict() -> None:
    assert strict({"a": [math.nan, -math.inf, np.float32(1)]}) == {"a": ["nan", "-inf", 1.0]}


def test_remedies_come_as_code() -> None:
    known = replace(FINDING, remedies=ADVICE["vanishing_depth"])
    diagnosis = Diagnosis("vanishing_gradient", Severity.CRITICAL, 59, (known,))
    report = examined(Target(SCENARIO), facts(), diagnosis, Ended(1, 59, "finished"))
    (finding,) = report.findings
    codes = [part["code"] for one in finding["prescriptions"] for part in one["parts"]]
    assert [one["remedy"] for one in finding["prescriptions"]] == [r.text for r in known.remedies]
    assert all(compile(code, "a prescription", "exec") for code in codes)
    parsed(report)
