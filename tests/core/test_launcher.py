"""What launchers tell a process, by the variables that each of them sets."""

import pytest

from gradtui.core.launcher import Launched, launched, misplaced, restarts

SBATCH = {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_LOCALID": "0"}
SRUN = SBATCH | {"SLURM_STEP_ID": "0", "SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "8"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"RANK": "3", "WORLD_SIZE": "64", "LOCAL_RANK": "3"}, Launched(3, 64)),
        ({"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, Launched(1, 2)),
        ({"PMI_RANK": "2", "PMI_SIZE": "4"}, Launched(2, 4)),
        ({"MV2_COMM_WORLD_RANK": "0", "MV2_COMM_WORLD_SIZE": "4"}, Launched(0, 4)),
        (SRUN, Launched(5, 8)),
        ({**SBATCH, "SLURM_STEPID": "0", "SLURM_PROCID": "6"}, Launched(6, 8)),
    ],
)
def test_each_launcher(variables: dict[str, str], expected: Launched | None) -> None:
    assert launched(variables) == expected


def test_a_batch_script_itself_is_one_process() -> None:
    """Slurm's variables speak of all eight tasks there, and nobody else comes."""
    assert launched(SBATCH) is None


def test_the_nearest_launcher_counts() -> None:
    """One task of srun a machine, and torchrun or mpirun in each."""
    assert launched(SRUN | {"RANK": "17", "WORLD_SIZE": "32"}) == Launched(17, 32)
    mpi = {"OMPI_COMM_WORLD_RANK": "9", "OMPI_COMM_WORLD_SIZE": "16"}
    assert launched(SRUN | mpi) == Launched(9, 16)


@pytest.mark.parametrize(
    "variables",
    [
        {"RANK": "3"},
        {"RANK": "-1", "WORLD_SIZE": "2"},
        {"RANK": "2", "WORLD_SIZE": "2"},
        {"RANK": "", "WORLD_SIZE": ""},
        {"RANK": "²", "WORLD_SIZE": "4"},
        {"RANK": "0", "WORLD_SIZE": "9" * 5000},
    ],
)
def test_what_cannot_be_is_not_believed(variables: dict[str, str]) -> None:
    assert launched(variables) is None


def test_restarts_rise_whoever_starts_again() -> None:
    told = [
        {},
        {"TORCHELASTIC_RESTART_COUNT": "1"},
        {"TORCHELASTIC_RESTART_COUNT": "5000"},
        {"SLURM_RESTART_COUNT": "1", "TORCHELASTIC_RESTART_COUNT": "0"},
        {"SLURM_RESTART_COUNT": "1", "TORCHELASTIC_RESTART_COUNT": "2"},
        {"SLURM_RESTART_COUNT": "2"},
    ]
    assert [restarts(one) for one in told] == [0, 1, 99, 100, 102, 200]


def test_who_is_started_within_a_launcher_is_told() -> None:
    assert misplaced({}) == misplaced(SBATCH) == misplaced({"RANK": "0", "WORLD_SIZE": "1"}) == ""
    assert misplaced(SRUN).startswith("this is rank 5 of 8, and each records a run of its own:")
