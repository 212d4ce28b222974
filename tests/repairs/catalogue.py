"""All sick cases, and what a worker process does with one."""

import torch

from tests.repairs import aside, depth, numbers, speed, units
from tests.repairs.case import Case
from tests.repairs.judge import Repair, repair

CASES: list[Case] = [*depth.CASES, *speed.CASES, *units.CASES, *numbers.CASES, *aside.CASES]


def one(task: tuple[int, int, bool]) -> list[Repair]:
    """Number of the case, seed, whether all remedies are tried."""
    torch.set_num_threads(1)
    number, seed, every = task
    return repair(CASES[number], seed, every=every)
