"""All cases, and the work of judging one, for processes to share."""

from math import inf

import torch

from tests.verdicts import (
    around_gradients,
    aside_healthy,
    aside_sick,
    fed_and_held,
    healthy_attacks,
    healthy_near,
    healthy_nets,
    healthy_numbers,
    healthy_odd,
    healthy_slow,
    healthy_ways,
    shared_directions,
    sick_depth,
    sick_hidden,
    sick_numbers,
    sick_silent,
    sick_steps,
    sick_units,
    sick_wrong,
    starts_and_rates,
    strangers_healthy,
    strangers_sick,
    terms_and_routes,
)
from tests.verdicts.case import Case
from tests.verdicts.judge import Said, judge, judge_within

CASES: list[Case] = [
    *healthy_nets.R.cases,
    *healthy_ways.R.cases,
    *healthy_odd.R.cases,
    *healthy_numbers.R.cases,
    *healthy_slow.R.cases,
    *healthy_near.R.cases,
    *healthy_attacks.R.cases,
    *sick_depth.R.cases,
    *sick_units.R.cases,
    *sick_steps.R.cases,
    *sick_numbers.R.cases,
    *sick_wrong.R.cases,
    *sick_hidden.R.cases,
    *sick_silent.R.cases,
    *aside_healthy.R.cases,
    *aside_sick.R.cases,
    *around_gradients.R.cases,
    *fed_and_held.R.cases,
    *terms_and_routes.R.cases,
    *shared_directions.R.cases,
    *starts_and_rates.R.cases,
    *strangers_healthy.R.cases,
    *strangers_sick.R.cases,
]


def one(task: tuple[int, int], untold: bool = False, overhead: float = inf) -> Said:
    """(number of the case, seed) -> what was said of it; within a budget at the end alone."""
    torch.set_num_threads(1)
    number, seed = task
    try:
        if overhead < inf:
            return judge_within(CASES[number], seed, overhead)
        return judge(CASES[number], seed, untold=untold)
    except Exception as error:  # a doctor that falls ill is the worst answer of all
        case, why = CASES[number], f"{type(error).__name__}: {error}"
        return Said(
            case=case.name,
            seed=seed,
            wanted=case.accepted[0],
            verdict="crashed",
            right=False,
            placed=False,
            step=0,
            evidence=why,
            changes=(),
            held_out=case.held_out,
            caused=False if case.cause else None,
            stranger=case.stranger,
        )
