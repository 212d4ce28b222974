"""Weights that decay has taken away."""

import numpy as np

from gradtui.core.snapshot import Weight
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.words import norm


def withered(reading: Reading) -> Finding | None:
    """Half of the layers, or more, have a hundredth of the weights that they had, and nothing is learned.

    A normalisation makes up for small weights; where there is one, nothing is said.
    """
    facts, at = reading.facts, reading.facts.weights_at
    if reading.critic or reading.normed or len(at) < T.ACTIVATION_WINDOW or not len(reading.rows):
        return None
    if reading.falling or reading.converged or not reading.wrong(reading.now):
        return None
    alive = set(reading.rows.tolist())
    matrices = [
        k
        for k, t in enumerate(facts.layout.tensors)
        if t.role == "weight" and len(t.shape) >= 2 and t.row in alive
    ]
    sizes = facts.weights[at][:, matrices, Weight.NORM]
    most = np.maximum.accumulate(np.nan_to_num(sizes), axis=0)
    gone = (sizes < T.WITHERED * most) & (most > 0)
    if not len(matrices) or gone[-1].mean() < 0.5:
        return None
    if not np.isnan(reading.chance) and reading.below_guessing:
        return None
    decay = dict(facts.info.settings).get("weight_decay", 0.0)
    heavy = decay >= T.HEAVY_DECAY
    if np.isnan(reading.chance) and reading.learned and not gone[-1].all() and not heavy:
        return None  # a branch that was pruned; the loss may have been mostly the penalty, though
    held = np.flatnonzero(gone.mean(axis=1) < 0.5)
    since = int(facts.steps[at[min(int(held[-1]) + 1 if len(held) else 0, len(at) - 1)]])
    rows = tuple(sorted({facts.layout.tensors[matrices[i]].row for i in np.flatnonzero(gone[-1])}))
    worst = int(np.argmin(sizes[-1] / np.where(most[-1] > 0, most[-1], np.inf)))
    name = facts.layout.tensors[matrices[worst]].name
    pull = f"weight decay of {decay:g}" if heavy else "weight decay"
    stands = not np.isnan(reading.chance) or not gone[-1].all()
    return Finding(
        "plateau" if stands else "vanishing_gradient",
        Severity.CRITICAL,
        since,
        f"the weights of {len(rows)} of {len(reading.rows)} layers are below a hundredth of what they "
        f"were: {name} went from a norm of {norm(float(most[-1, worst]))} to "
        f"{norm(float(sizes[-1, worst]))}; the loss is {norm(reading.loss)}",
        f"{pull}, or a penalty on the weights, pulls harder than the loss does: nothing is left that could "
        "carry a signal",
        choices.WITHERED,
        rows,
        reading.names(list(rows)),
    )
