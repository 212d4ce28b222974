"""The verdict on one target: what `check --json` prints, and the exit code that it earns."""

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gradtui.commands.targets import WELL, CommandTarget, Target

if TYPE_CHECKING:  # they bring numpy, which `list` and the first frame of `launch` can do without
    from gradtui.core.event import Ended, Failed, RunInfo
    from gradtui.core.facts import Facts
    from gradtui.core.logged import Logged
    from gradtui.core.snapshot import NonFinite
    from gradtui.doctor.finding import Diagnosis, Finding

SCHEMA = 1
LAST = 20
FREE = 0.5
"""Seconds of watching that no budget counts: `training.watching.budget.ALLOWANCE`."""
CURED = "cured"
"""What `health.treatment` calls a remedy that helped; here without what that brings along."""
FAILED = "failed"
"""In place of a verdict: the run did not get far enough to have one."""


LOGGED = ("format", "gradients", "loss", "points", "every")
"""What is told of a log."""
PLACE = ("step", "phase", "module", "tensor")
"""What is told of the first NaN or infinity."""


@dataclass(frozen=True, slots=True)
class Report:
    """Plain values only: it crosses from a worker process, and turns into JSON as it stands."""

    schema: int
    target: str
    remedy: str | None
    expected: str
    as_expected: bool = False
    verdict: str = FAILED
    severity: str = "critical"
    steps: int = 0
    """That were taken, over all optimizers."""
    findings: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    first_nonfinite: dict[str, Any] | None = None
    final: dict[str, float | None] = field(default_factory=dict)
    steps_per_s: float | None = None
    overhead_percent: float | None = None
    overhead_percent_standing: float | None = None
    error: str | None = None
    """Why the run failed, in one sentence."""
    treatment: dict[str, Any] | None = None
    """What became of the run under its remedy, with --treat: word, reason, before, after, cost."""
    run: str | None = None
    """The directory of a recorded run."""
    undecided_because: str | None = None
    """Of an undecided run: what is missing, a clause."""
    recorded: int | None = None
    """How many of a command's steps were recorded; `final` is of the last one of these."""
    command_exit: int | None = None
    """What a command exited with, 128+n after signal n."""
    signal: str | None = None
    """The name of the signal that ended it."""
    exception: str | None = None
    """The exception that ended it, on one line."""
    dropped: dict[str, Any] | None = None
    """What the disk did not take: `count` steps in all, `bare` with scalars only, and `why`."""
    ending: list[str] = field(default_factory=list)
    """How it ended, in sentences: exit code or signal, exception, what the record lacks."""
    covered: str | None = None
    """The verdict of a command with what it covers: "healthy until step 412"."""
    steps_taken: int | None = None
    steps_measured: int | None = None
    """Those whose gradients were measured."""
    tensors_seen: int | None = None
    tensors_unseen: int | None = None
    """Parameters of the models that were seen of which nothing is recorded."""
    logged: dict[str, Any] | None = None
    """Of the log of another tool: LOGGED, what it holds."""

    def as_json(self) -> dict[str, Any]:
        """Strict JSON: numbers that are not finite become "nan", "inf" and "-inf"."""
        whole: dict[str, Any] = strict(asdict(self))
        return whole

    @property
    def exit_code(self) -> int:
        if self.command_exit is not None and self.command_exit > 128:
            return self.command_exit
        if self.verdict == FAILED or self.error is not None:
            return 1
        if self.verdict in WELL:
            return 0
        found = (self.verdict, *(finding["symptom"] for finding in self.findings))
        return 4 if "nonfinite" in found else 3  # whatever had led to it comes first


def failed(target: Target | CommandTarget, why: str) -> Report:
    """The report on a target whose run could not be made or crashed."""
    return Report(SCHEMA, target.name, target.title, target.expected, error=why)


def examined(
    target: Target | CommandTarget,
    facts: "Facts",
    diagnosis: "Diagnosis",
    end: "Ended | Failed | None" = None,
) -> Report:
    """The report on a run that took steps; `end` is the event that ended it, where one is known."""
    from gradtui.core.event import Failed

    if isinstance(end, Failed):
        return failed(target, end.message)
    seen = facts.first_nonfinite
    return Report(
        schema=SCHEMA,
        target=target.name,
        remedy=target.title,
        expected=target.expected,
        as_expected=target.meets(diagnosis.verdict),
        verdict=diagnosis.verdict,
        severity=diagnosis.severity.word,
        steps=int(facts.steps[-1]) + 1 if len(facts) else 0,
        findings=[_finding(finding, facts) for finding in diagnosis.findings],
        notes=list(diagnosis.notes),
        undecided_because=diagnosis.why or None,
        first_nonfinite=_place(seen),
        final=_final(facts, facts.info),
        **_speed(facts),
    )


def _finding(finding: "Finding", facts: "Facts") -> dict[str, Any]:
    from gradtui.doctor.remedies.code.prescriptions import prescribe
    from gradtui.doctor.remedies.code.text import prescription_json

    return {
        "symptom": finding.symptom,
        "severity": finding.severity.word,
        "layers": list(finding.layers),
        "first_step": finding.first_step,
        "evidence": finding.evidence,
        "cause": finding.cause,
        "remedies": [remedy.text for remedy in finding.remedies],
        "prescriptions": [prescription_json(p) for p in prescribe(finding, facts)],
    }


def logged_json(logged: "Logged") -> dict[str, Any]:
    """What a log holds of what a verdict goes by; what it does not tell is in the notes."""
    return {name: getattr(logged, name) for name in LOGGED}


def _place(seen: "NonFinite | None") -> dict[str, Any] | None:
    """Where the first NaN or infinity showed, and what was found out about it."""
    from gradtui.runstore.format.nan_trace_json import autopsy_json

    if seen is None:
        return None
    found = None if seen.autopsy is None else autopsy_json(seen.autopsy)
    return {**{name: getattr(seen, name) for name in PLACE}, "autopsy": found}


def _final(facts: "Facts", info: "RunInfo") -> dict[str, float | None]:
    """The last step's loss, None where no loss was ever seen, and the share of right answers over the
    last LAST steps' batches; none where there is nothing to be right about."""
    import numpy as np

    if not len(facts):
        return {"loss": None, "accuracy": None}
    accuracy = None
    known = facts.accuracy[-LAST:][np.isfinite(facts.accuracy[-LAST:])]
    if info.task == "classification" and len(known):
        accuracy = round(float(known.mean()), 4)
    seen = bool(np.isfinite(facts.loss).any()) or facts.first_nonfinite is not None
    return {"loss": float(facts.loss[-1]) if seen else None, "accuracy": accuracy}


def _speed(facts: "Facts") -> dict[str, Any]:
    """`overhead_percent` is of the whole run, the free start included, `overhead_percent_standing` of
    what came after it; none where nothing did."""
    import numpy as np

    seconds, overhead = np.nan_to_num(facts.seconds), np.nan_to_num(facts.overhead)
    nothing = dict.fromkeys(("steps_per_s", "overhead_percent", "overhead_percent_standing"))
    if not seconds.sum() > 0:
        return nothing
    scalars = facts.scalars
    passed = float(scalars.time[-1] - scalars.time[0]) if len(scalars) else math.nan
    pace = len(facts) / float(seconds.sum())
    if passed > 0:
        pace = (scalars.taken - 1 - int(scalars.steps[0])) / passed
    late = np.cumsum(overhead) - overhead[0] > FREE
    standing = None
    if seconds[late].sum() > 0:
        standing = round(100 * float(overhead[late].sum() / seconds[late].sum()), 2)
    return {
        "steps_per_s": round(pace, 1),
        "overhead_percent": round(100 * float(overhead.sum() / seconds.sum()), 2),
        "overhead_percent_standing": standing,
    }


def strict(value: Any) -> Any:
    """`value` with numpy's numbers as Python's, and those that are not finite as strings."""
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(item) for item in value]
    if hasattr(value, "item"):
        return strict(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
