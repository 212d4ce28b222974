"""Where a launcher of many processes says that one of them stands: its variables, read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

PLACES = (
    ("RANK", "WORLD_SIZE"),  # torchrun, accelerate, deepspeed, Ray Train
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),  # Open MPI
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),  # MVAPICH
    ("PMI_RANK", "PMI_SIZE"),  # MPICH, Intel MPI
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),  # srun
    ("SLURM_PROCID", "SLURM_NTASKS"),  # srun of a Slurm that does not count a step's tasks
)
"""Variables of rank and number of processes. The nearest launcher comes first: mpirun and torchrun are
started within a job of Slurm, whose variables they hand on."""
STEP = ("SLURM_STEP_ID", "SLURM_STEPID")
"""Set by srun alone. In a batch script Slurm's other variables speak of a job of many tasks, and what it
starts without srun is one process."""
ELASTIC, REQUEUED = "TORCHELASTIC_RESTART_COUNT", "SLURM_RESTART_COUNT"
WITHIN = 100
"""Restarts of torchrun that are counted within one start of a job."""
MOST_DIGITS = 6
"""Of a number that is believed."""


@dataclass(frozen=True, slots=True)
class Launched:
    """One process, as its launcher has it: `rank` counts from 0, below `world_size`."""

    rank: int
    world_size: int


def launched(variables: Mapping[str, str]) -> Launched | None:
    """None where no launcher says anything that can be."""
    for rank_name, size_name in PLACES:
        if rank_name.startswith("SLURM") and not any(name in variables for name in STEP):
            continue
        rank, size = (_count(variables.get(name, "")) for name in (rank_name, size_name))
        if rank is not None and size is not None and rank < size:
            return Launched(rank, size)
    return None


def misplaced(variables: Mapping[str, str]) -> str:
    """A sentence where what records a command was itself started once for each rank; "" where not."""
    found = launched(variables)
    if found is None or found.world_size < 2:
        return ""
    return (
        f"this is rank {found.rank} of {found.world_size}, and each records a run of its own: put gradtui "
        "run before the launcher for one of all ranks"
    )


def restarts(variables: Mapping[str, str]) -> int:
    """How often all processes were started again: 1, 2, ... by torchrun (`--max-restarts`); 100, 200, ...
    where Slurm has put the whole job into its queue again, with those of torchrun on top."""
    within = _count(variables.get(ELASTIC, "")) or 0
    return WITHIN * (_count(variables.get(REQUEUED, "")) or 0) + min(within, WITHIN - 1)


def _count(text: str) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if plain else None
