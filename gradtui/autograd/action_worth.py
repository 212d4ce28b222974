"""Whether the actions of a policy are paid for what came of them, by the rewards that a program has.

Which way round a policy's loss is, its graph alone does not tell: a loss that makes the actions of large
rewards rarer is the right one where the rewards are costs. What a program calls them does tell. Pure
functions of a few hundred numbers: `instrument/reward_variables.py` finds them.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gradtui.core.wiring import PAST_REWARDS, REVERSED_ADVANTAGES, Faults

FEWEST = 8
"""Actions, or steps of an episode, that tell anything."""
ALIKE = 0.9
"""Correlation of what actions are paid with what they brought, from which the one is made of the other."""
THE_SAME = 0.999
"""And with an advantage, which is nothing but what they are paid."""
EXACT = 1e-3
"""Of the deviation of what is explained: what is left over, at most."""
LEAST = 0.02
"""What later rewards count for, at least, of the one before."""
FITS, LONGEST = 64, 512
"""Steps, or episodes, that are fitted, and numbers in each: a fit takes some 20 microseconds."""
MOST_OF = 0.9
"""Of the steps, or episodes, that have to agree."""
REWARDS = frozenset(["r", "rs", "rew", "rews", "reward", "rewards"])
RETURNS = frozenset(["g", "gs", "ret", "rets", "return", "returns"])
ADVANTAGES = frozenset(["adv", "advs", "advantage", "advantages"])
COSTS = re.compile("cost|loss|len|dist|err|regret|penal|energy|price|delay|time", re.IGNORECASE)
"""What is to become small."""


class Paid(NamedTuple):
    """Of actions, in their order: `name` of the variable, `values` of any shape."""

    name: str
    values: Tensor


def kind_of(name: str) -> frozenset[str]:
    """Which of REWARDS, RETURNS and ADVANTAGES a variable is, by its name; empty for another."""
    last = name.rpartition(".")[2]
    parts = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", last).lower().split("_"))
    if COSTS.search(last):
        return frozenset()
    return next((kind for kind in (REWARDS, RETURNS, ADVANTAGES) if parts & kind), frozenset())


def wrongly_paid(worth: Tensor, variables: Sequence[Paid]) -> Faults:
    """What is wrong with what a loss pays for actions. `worth` [actions] or [steps, episodes], either way
    round: what makes them more likely where it is above 0. Empty where the variables do not tell."""
    worth = worth.detach().double()
    if not bool(worth.isfinite().all()):
        return ()
    kinds = [(one, kind_of(one.name)) for one in variables if bool(one.values.isfinite().all())]
    rewards = [one for one, kind in kinds if kind is REWARDS]
    returns = [one for one, kind in kinds if kind is RETURNS]
    ways = {one.name: way for one in rewards if (way := _made_of(worth, one.values, returns))}
    past = [name for name, way in ways.items() if way == "past"]
    if past:
        words = f"what an action is paid follows from `{past[0]}` of the steps before it alone"
        return ((PAST_REWARDS, words),)
    signs = {name: 1.0 if way == "to come" else -1.0 for name, way in ways.items()}
    signs |= {
        one.name: found
        for one in (*rewards, *returns)
        if abs(found := alike(worth, one.values)) > ALIKE
    }
    signs = signs or {
        one.name: found
        for one, kind in kinds
        if kind is ADVANTAGES and abs(found := alike(worth, one.values)) > THE_SAME
    }
    if not signs or max(signs.values()) > 0:
        return ()
    name = min(signs, key=lambda one: signs[one])
    return (
        (
            REVERSED_ADVANTAGES,
            f"in the policy's loss what actions are worth has the wrong sign: those of which `{name}` says "
            "that they came to more are made less likely",
        ),
    )


def alike(worth: Tensor, values: Tensor) -> float:
    """Correlation, of those that are paid anything; 0.0 where nothing can be said. A mask leaves zeros."""
    other = _as_laid_out(values, worth)
    if other is None:
        return 0.0
    one, other = worth.flatten(), other.flatten()
    paid = one != 0
    both = torch.stack([one[paid], other[paid]])
    if both.shape[1] < FEWEST or not bool((both.std(1) > 0).all()):
        return 0.0
    return float(torch.corrcoef(both)[0, 1])


def _as_laid_out(values: Tensor, worth: Tensor) -> Tensor | None:
    """In the shape of `worth`, turned where steps and episodes stand the other way round; None where they
    do not belong together."""
    one, other = worth.squeeze(), values.detach().double().squeeze()
    if other.shape != one.shape and other.dim() == 2:
        other = other.T
    return other.reshape(worth.shape) if other.shape == one.shape else None


def _of_a_last_reward(paid: Tensor, reward: float) -> str:
    """Of one episode only whose last step brings anything."""
    if bool((paid[:-1] == paid[0]).all()) and paid[-1] != paid[0]:
        return "past"
    change = paid.diff() * reward
    if bool((change > 0).all()):
        return "to come"
    return "to come, reversed" if bool((change < 0).all()) else ""


def _made_of(worth: Tensor, values: Tensor, returns: Sequence[Paid]) -> str:
    """As `made_of` says, of steps along either dimension."""
    paid, laid_out = worth.squeeze(), _as_laid_out(values, worth)
    if laid_out is None or worth.numel() < FEWEST or paid.dim() > 2:
        return ""
    brought = laid_out.squeeze()
    if bool((brought == brought.flatten()[0]).all()):
        return _of_equal_rewards(paid, float(brought.flatten()[0]), returns)
    if brought.dim() == 1 and brought[-1] and not brought[:-1].any():
        return _of_a_last_reward(paid, float(brought[-1]))
    ways = [made_of(paid, brought)]
    if paid.dim() == 2:
        ways.append(made_of(paid.T, brought.T))
    return next((way for way in ways if way), "")


def _of_equal_rewards(paid: Tensor, reward: float, returns: Sequence[Paid]) -> str:
    """Of one episode each of whose steps brings the same: what is still to come becomes less and less."""
    if paid.dim() != 1 or not reward:
        return ""
    change = paid.diff() * reward
    if bool((change < 0).all()):
        return "to come"
    if not bool((change > 0).all()):
        return ""
    likeness = [alike(paid, one.values) for one in returns]
    if max(likeness, default=0.0) > ALIKE or bool((paid * reward > 0).all()):
        return "past"
    backwards = min(likeness, default=0.0) < -ALIKE or bool((paid * reward < 0).all())
    return "to come, reversed" if backwards else ""


def made_of(paid: Tensor, brought: Tensor) -> str:
    """How `paid` [steps] or [steps, episodes] is made of rewards of the same shape: "to come", as
    G(t) = r(t) + g G(t+1), "to come, reversed", its negative, or "past", as G(t) = r(t) + g G(t-1); the
    last reward of either may be left out. Each may be shifted and scaled by step or by episode. "" where
    none is exact."""
    if len(paid) < 2:
        return ""
    if paid.dim() == 1:
        paid, brought = paid[:, None], brought[:, None]
    now, next_one = slice(None, -1), slice(1, None)
    ahead = _fit(paid[now], brought[now], paid[next_one])
    if ahead is not None:
        return "to come" if ahead > 0 else "to come, reversed"
    # Each of these is the way back of another one: with a factor above 1, and rewards that are taken off.
    if (_fit(paid[now], brought[next_one], paid[next_one]) or 0.0) > 0:
        return "to come"
    for own in (brought[next_one], brought[now]):
        if (_fit(paid[next_one], own, paid[now]) or 0.0) > 0:
            return "past"
    return ""


def _fit(wanted: Tensor, rewards: Tensor, rest: Tensor) -> float | None:
    """Of linear fits of `wanted` [steps, episodes] by step or by episode, with a constant: the mean of what
    rewards count for. None where they are not exact, or the rest is not discounted."""
    for turned in (False, True):
        tables = (one.T if turned else one for one in (wanted, rewards, rest))
        rows, others, far = (one[:FITS, :LONGEST] for one in tables)
        if rows.shape[1] < FEWEST:
            continue
        spread = rows.std(1)
        some = (spread > EXACT * spread.max()) & (others.std(1) > 0) & (far.std(1) > 0)
        if not bool(some.any()):
            continue
        table = torch.stack([others, far, torch.ones_like(rows)], -1)[some]
        found = torch.linalg.lstsq(table, rows[some][..., None], driver="gelsd").solution
        left = (table @ found)[..., 0] - rows[some]
        exact = left.square().mean(1).sqrt() < EXACT * spread[some]
        factor = float(found[exact, 1, 0].median()) if bool(exact.any()) else 0.0
        if float(exact.double().mean()) >= MOST_OF and LEAST < factor <= 1 + EXACT:
            return float((found[exact, 0, 0] * others[some][exact].std(1)).mean())
    return None
