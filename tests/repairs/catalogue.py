"""All sick cases, and what a worker process does with one.

A case belongs here if the same program without its fault does much better in as many steps. Two were
taken out as they recover by themselves: a recurrent net of gain 0.5 under Adam at 3e-3 (the weights
grow; loss 2.08 to 0.24 within 400 steps with one seed), and tanh units whose inputs are 1e4 times too
large (the pinned first layer serves as random features; loss 0.37 after 200 steps, 0.17 without fault).
"""

import torch

from tests.repairs import aside, depth, numbers, shapes, speed, units
from tests.repairs.case import Case
from tests.repairs.judge import Repair, repair

CASES: list[Case] = [
    *depth.CASES,
    *speed.CASES,
    *units.CASES,
    *numbers.CASES,
    *shapes.CASES,
    *aside.CASES,
]


def one(task: tuple[int, int, bool]) -> list[Repair]:
    """Number of the case, seed, whether all remedies are tried."""
    torch.set_num_threads(1)
    number, seed, every = task
    return repair(CASES[number], seed, every=every)
