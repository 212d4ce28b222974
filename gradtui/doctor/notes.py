"""What looks odd in a run and is no fault: said beside the verdict, and never instead of it."""

import numpy as np

from gradtui.core.facts import Facts
from gradtui.core.snapshot import Grad, Weight
from gradtui.doctor import thresholds as T
from gradtui.doctor.reading import Reading
from gradtui.doctor.words import norm

LOOKED_BACK = 1000
"""Kept steps among which odd ones are looked for."""


def structural_zeros(facts: Facts) -> str:
    """On tensors whose gradient is zero by construction, else ""."""
    zero = [t for t in facts.layout.tensors if t.structural_zero]
    if not zero:
        return ""
    more = f" and {len(zero) - 1} more" if len(zero) > 1 else ""
    return f"{zero[0].name}{more}: no gradient by design ({zero[0].structural_zero})"


def together(facts: Facts) -> tuple[str, ...]:
    """On restarts, and on ranks whose gradients differ from those of their replicas."""
    return () if facts.ranks is None else facts.ranks.notes


def attached(facts: Facts) -> str:
    """On a run that begins in the middle, else ""."""
    before = facts.info.attached
    if before is None:
        return ""
    steps = "1 step" if before == 1 else f"{before:,} steps"
    taken = (
        f"after {steps}, by its optimizers' own counts"
        if before >= 0
        else "after a number of steps that its optimizers do not count"
    )
    return (
        f"recorded from the middle: the process was attached to {taken}; steps are counted from there, "
        "and 'at first' means there"
    )


def odd_weights(facts: Facts) -> str:
    """On weights far larger or smaller than all of their like: blocks that repeat are made alike, and
    one that is not was loaded, scaled or initialised otherwise; else ""."""
    if not len(facts.weights_at) or not facts.layout.alike:
        return ""
    layout, found = facts.layout, []
    size = facts.weights[facts.weights_at[-1], :, Weight.NORM] / np.sqrt(layout.numel)
    for places in layout.alike:
        sizes = size[list(places)]
        usual = float(np.median(sizes))
        if len(places) < T.ALIKE or not usual > 0 or not np.isfinite(sizes).all():
            continue
        found += [
            (float(one) / usual, place, len(places) - 1)
            for one, place in zip(sizes, places, strict=True)
            if one > T.ODD_WEIGHTS * usual or 0 < one * T.ODD_WEIGHTS < usual
        ]
    if not found:
        return ""
    times, place, others = max(found, key=lambda one: max(one[0], 1 / one[0]))
    how = f"{times:.3g} times as large as" if times > 1 else f"{1 / times:.3g} times smaller than"
    more = f"; {len(found) - 1} more stand out like that" if len(found) > 1 else ""
    return (
        f"the weights of {layout.tensors[place].name} are {how} those of {others} others of its kind "
        f"(rms, in the median){more}"
    )


def replayed(facts: Facts) -> str:
    """On steps that no code of the program runs in, else ""."""
    if not facts.info.replayed:
        return ""
    return (
        "steps are replayed from a CUDA graph: gradients are read as each replay has left them, clipped "
        "where it clips; where a NaN comes from cannot be looked for"
    )


def odd_settings(facts: Facts) -> str:
    """On what the optimizer was made with, where it is far from usual, else ""."""
    told = dict(facts.info.settings)
    words = [
        f"{name} {told[key]:g}: a gradient counts for some {1 / (1 - told[key]):,.0f} steps"
        for key, name in (("momentum", "momentum"), ("beta1", "the first beta"))
        if T.LONG_MEMORY <= told.get(key, 0.0) < 1
    ]
    if told.get("weight_decay", 0.0) >= T.HEAVY_DECAY:
        words.append(f"weight decay {told['weight_decay']:g}")
    return f"odd settings of the optimizer: {'; '.join(words)}" if words else ""


def idle(facts: Facts) -> str:
    """On tensors that were handed to an optimizer and never got a gradient, else ""; where none of
    them did that is a finding."""
    if len(facts) < T.STILL_STEPS:
        return ""
    never = np.isnan(facts.grads[:, :, Grad.NONFINITE]).all(axis=0)
    names = [facts.layout.tensors[int(i)].name for i in np.flatnonzero(never)]
    if not names or len(names) == len(facts.layout.tensors):
        return ""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}: never had a gradient (frozen, or no part of the loss)"


def spikes(reading: Reading) -> str:
    """On steps whose norm stood out from those before it by far, as long as the last was of late, else
    ""; several that come at one distance are the same batch in every epoch."""
    used = reading.used[-LOOKED_BACK:]
    if len(used) < 2 * T.WINDOW:
        return ""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(reading.total[used])
    if not np.isfinite(logs).all():
        return ""
    before = np.lib.stride_tricks.sliding_window_view(logs, T.WINDOW)[:-1]
    usual = np.median(before, axis=1)
    off = np.median(np.abs(before - usual[:, None]), axis=1)
    above = logs[T.WINDOW :] - usual
    # Over a longer way than those before it a norm may come to more without a jump.
    steps = reading.facts.steps[used]
    gaps = np.diff(steps)
    usual_gap = np.lib.stride_tricks.sliding_window_view(gaps, T.WINDOW - 1).max(axis=1)[:-1]
    alike = gaps[T.WINDOW - 1 :] <= usual_gap
    odd = np.flatnonzero(
        alike & (above > T.SPIKE_Z * 1.4826 * off) & (above > np.log(T.SPIKE_TIMES))
    )
    if not len(odd) or odd[-1] < len(above) - 10 * T.WINDOW:
        return ""
    last = int(odd[-1])
    steps = steps[T.WINDOW + odd]
    size, was = float(np.exp(logs[T.WINDOW + last])), float(np.exp(usual[last]))
    seen = f"gradient norm {norm(size)} at step {int(steps[-1])}, {norm(was)} before it"
    gaps = np.diff(steps)
    if len(gaps) >= T.SPIKES_ALIKE and (gaps == gaps[0]).all():
        return (
            f"an odd batch every {int(gaps[0])} steps, {len(steps)} times so far: {seen}; perhaps the "
            "same examples in each epoch"
        )
    return (
        f"one odd batch: {seen}"
        if len(steps) == 1
        else f"{len(steps)} odd batches, the last: {seen}"
    )
