"""Remedies for ranks that are to be replicas of one another."""

from gradtui.doctor.program_seen import ProgramSeen
from gradtui.doctor.remedies.code.fragments import block
from gradtui.doctor.remedies.code.prescription import MODEL
from gradtui.doctor.remedy import CodeLines, Remedy


def broadcast(seen: ProgramSeen) -> CodeLines:
    """From the lowest rank that agrees with most."""
    ranks = seen.facts.ranks
    odd = ranks.drift.odd if ranks is not None and ranks.drift is not None else ()
    source = next(rank for rank in range(len(odd) + 1) if rank not in odd)
    code = block("""
        if torch.distributed.is_initialized():  # on every rank, once checkpoints are loaded
            for tensor in model.state_dict().values():
                torch.distributed.broadcast(tensor, src={source})
    """)
    return CodeLines(
        MODEL,
        code.replace("{source}", str(source)),
        "no difference from then on; one that comes again on that rank points to its device's memory",
    )


BROADCAST = Remedy(
    id="broadcast_weights",
    text=(
        "give every rank the weights of one that agrees with the others; load checkpoints on all ranks, or "
        "before the net is wrapped; where it comes again, check the memory of that rank's device"
    ),
    code=broadcast,
)
