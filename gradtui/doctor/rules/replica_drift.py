"""One rank whose weights are not those of its replicas."""

from gradtui.core.symptom import Severity
from gradtui.doctor.finding import Finding
from gradtui.doctor.reading import Reading
from gradtui.doctor.remedies import choices

SYMPTOM = "replica_drift"


def replica_drift(reading: Reading) -> Finding | None:
    """One rank alone differs, the others agree to the bit in every tensor, and gradients are equal.

    Only where one DistributedDataParallel over all ranks holds what is optimized. That leaves out nets in
    parts (pipeline, tensor, experts), shards, and averages of weights now and then: there nobody has the same
    gradients at each step, or groups of ranks differ that are of equal size.
    """
    ranks = reading.facts.ranks
    drift = ranks.drift if ranks is not None else None
    if drift is None or not drift.proven:
        return None
    rows = tuple(t.row for t in reading.facts.layout.tensors if t.name == drift.tensor)[:1]
    return Finding(
        SYMPTOM,
        Severity.WARNING,
        drift.first_step,
        drift.seen,
        "its gradients are those of the others: weights were loaded or changed on some ranks alone after "
        "DistributedDataParallel had taken them, or numbers were corrupted in that machine's memory",
        choices.REPLICA_DRIFT,
        rows,
        reading.names(list(rows)),
    )
