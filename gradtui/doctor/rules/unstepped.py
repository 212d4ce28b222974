"""Most of a net belongs to no optimizer."""

import re

from gradtui.core import wiring as W
from gradtui.core.symptom import Severity
from gradtui.doctor import thresholds as T
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices
from gradtui.doctor.rules.miswired import SYMPTOM
from gradtui.doctor.words import norm


def most_not_stepped(reading: Reading) -> Finding | None:
    """More tensors get gradients and belong to no optimizer than are stepped, and hardly anything is learned.

    Somebody who trains a head alone leaves the rest out as well, and learns with it.
    """
    left = dict(reading.facts.info.wiring).get(W.NOT_STEPPED, "")
    if not left or reading.progress or reading.signed or reading.game or reading.critic:
        return None
    if reading.seen < T.NOT_STEPPED_STEPS or reading.warming_up or reading.start_unknown:
        return None
    count = sum(map(int, re.findall(r"(\d+) tensors?", left)))
    stepped = len(reading.facts.layout.tensors)
    if count <= stepped:
        return None
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        int(reading.facts.steps[0]),
        f"{left} get gradients and no optimizer steps them, which steps {stepped}; after {reading.seen:,} "
        f"steps the loss is {norm(reading.level)} (first {norm(reading.start_loss)})",
        "most of what the loss hangs on stays as it is: modules in a plain list or dict are not registered "
        "(nn.ModuleList, nn.ModuleDict), so that parameters() does not have them, or the optimizer was given "
        "a part alone",
        choices.NOT_STEPPED,
    )
