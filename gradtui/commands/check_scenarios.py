"""Scenarios trained without a screen, in worker processes, each with a report."""

import os
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from gradtui.commands.report import Report, examined, failed
from gradtui.commands.targets import Target
from gradtui.commands.workers import Crashed, spread
from gradtui.core.errors import GradtuiError

if TYPE_CHECKING:
    from gradtui.core.errors import TrainingError
    from gradtui.core.facts import Facts
    from gradtui.lab.headless import Outcome


def reports_on(targets: list[Target], judge: "Judge", jobs: int) -> Generator[Report, None, None]:
    """A report for each target as it ends, from `jobs` processes where there is more than one run."""
    groups = [tuple(group) for group in _together(targets, whole=judge.treat)]
    if len(groups) == 1:
        yield from judge(groups[0])
        return
    for group, result in spread(judge, groups, jobs):
        if isinstance(result, Crashed):
            yield from (failed(target, result.why) for target in group)
        else:
            yield from result


def _together(targets: list[Target], *, whole: bool) -> list[list[Target]]:
    """Targets that are trained together: all of a scenario where `whole`, else each alone."""
    if not whole:
        return [[target] for target in targets]
    groups: dict[str, list[Target]] = {}
    for target in targets:
        groups.setdefault(target.scenario.name, []).append(target)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class Judge:
    """Trains targets of one scenario and reports on each; a value that worker processes can be
    handed."""

    device: str
    seed: int | None
    steps: int | None
    treat: bool = False
    """Train the untreated run beside them, and judge each remedy by it."""

    def __call__(self, targets: Sequence[Target]) -> list[Report]:
        # One thread a run, in a worker or not, so that sums round alike and cores are shared.
        os.environ["OMP_NUM_THREADS"] = "1"
        from gradtui.lab.headless import train_together

        wanted = [target.remedy for target in targets]
        trained = [None, *(w for w in wanted if w is not None)] if self.treat else wanted
        scenario = targets[0].scenario
        ways = [() if remedy is None else (remedy,) for remedy in trained]
        try:
            outcomes = train_together(
                scenario, ways, device=self.device, seed=self.seed, steps=self.steps
            )
        except GradtuiError as error:
            return [failed(target, str(error)) for target in targets]
        known = dict(zip(trained, outcomes, strict=True))
        return [self._report(target, known) for target in targets]

    def _report(
        self, target: Target, known: "Mapping[int | None, Outcome | TrainingError]"
    ) -> Report:
        from gradtui.doctor.diagnose import diagnose

        outcome = known[target.remedy]
        if isinstance(outcome, GradtuiError):
            return failed(target, str(outcome))
        facts = outcome.history.facts()
        report = examined(target, facts, diagnose(facts), outcome.ended)
        untreated = known.get(None)
        if not self.treat or target.remedy is None or untreated is None:
            return report
        if isinstance(untreated, GradtuiError):
            return report
        sick = untreated.history.facts()
        return replace(report, treatment=_treatment(target, target.remedy, sick, facts))


def _treatment(target: Target, remedy: int, untreated: "Facts", facts: "Facts") -> dict[str, Any]:
    from gradtui.doctor.remedy_effect import judge_treatment

    # Other data are other targets, whose loss is no measure for the old ones.
    same = "data" not in target.scenario.remedies[remedy].set
    return asdict(judge_treatment(untreated, facts, same_loss=same))
