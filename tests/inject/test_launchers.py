"""Two real processes of each launcher that is installed: ranks, restarts, replicas that differ."""

from importlib.util import find_spec
from pathlib import Path
from subprocess import Popen

import pytest

from gradtui.core.rank_facts import Apart
from gradtui.doctor.diagnose import diagnose
from gradtui.runstore.ranks.process_status import read_attempts, read_ranks, status
from gradtui.runstore.reader.load import load_facts
from tests.inject.watched import complaints, processes, program, start
from tests.inject.watched import finish as finished

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
REPLICAS = program("replicas")
VARIABLES = [
    {"OMPI_COMM_WORLD_RANK": "{}", "OMPI_COMM_WORLD_SIZE": "2"},
    {"PMI_RANK": "{}", "PMI_SIZE": "2"},
    {"SLURM_PROCID": "{}", "SLURM_NTASKS": "2", "SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_ID": "0"},
]


def finish(process: Popen[str]) -> None:
    """Launchers start interpreter after interpreter."""
    finished(process, patience=280)


def apart(run: Path) -> Apart | None:
    facts = load_facts(run)
    assert facts.ranks is not None
    return facts.ranks.apart


@pytest.mark.long
def test_torchrun_starts_a_failed_rank_again(tmp_path: Path) -> None:
    """In the first start rank 1 fails before its first step, so that it has no files of that."""
    failures = ["fail:1:0:0", "fail:1:1:5"]
    finish(start(tmp_path, *TORCHRUN, "2", "--max-restarts", "2", REPLICAS, *failures))
    run = tmp_path / "run"
    assert complaints(run) == ""
    assert [rank.label for rank in read_ranks(run)] == ["0.2", "1.2"]
    assert status(run).missing == ()
    facts = load_facts(run)
    assert facts.steps.tolist() == list(range(12))
    assert facts.ranks is not None
    last = facts.ranks.attempts[-1]
    assert (last.ranks, last.last_step, last.restart) == (2, 4, 1)
    assert last.failure == "rank 1: RuntimeError: rank 1 is made to fail"
    begun = [
        (rank.header.rank, rank.header.restart) for ranks in read_attempts(run) for rank in ranks
    ]
    assert (1, 0) not in begun
    assert any("begun again" in note for note in diagnose(facts).notes)


@pytest.mark.long
def test_torchrun_a_rank_whose_gradient_is_spoilt(tmp_path: Path) -> None:
    finish(start(tmp_path, *TORCHRUN, "3", REPLICAS, "group", "corrupt:1:7"))
    found = apart(tmp_path / "run")
    assert found is not None
    assert (found.odd, found.ranks, found.first_step, found.steps) == ((1,), 3, 7, 1)
    assert found.low > 6


@pytest.mark.long
def test_torchrun_without_an_all_reduce(tmp_path: Path) -> None:
    finish(start(tmp_path, *TORCHRUN, "2", REPLICAS, "apart"))
    found = apart(tmp_path / "run")
    assert found is not None
    assert (found.odd, found.steps, found.compared) == ((), 12, 12)


@pytest.mark.long
@pytest.mark.skipif(find_spec("accelerate") is None, reason="accelerate is not installed")
def test_accelerate_launch(tmp_path: Path) -> None:
    words = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    more = ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    finish(start(tmp_path, *words, *more, REPLICAS))
    assert processes(tmp_path / "run") == ["0", "1"]
    assert apart(tmp_path / "run") is None


@pytest.mark.long
@pytest.mark.skipif(find_spec("deepspeed") is None, reason="deepspeed is not installed")
def test_deepspeed(tmp_path: Path) -> None:
    words = ["-m", "deepspeed.launcher.runner", "--num_accelerators", "2", REPLICAS]
    finish(start(tmp_path, *words, DS_ACCELERATOR="cpu"))
    assert processes(tmp_path / "run") == ["0", "1"]
    assert apart(tmp_path / "run") is None


RAY = """
import ray, sys
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

def work():
    import torch
    from torch import nn
    torch.manual_seed(0)
    net = nn.Linear(6, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2)
    for _ in range(12):
        optimizer.zero_grad()
        net(torch.randn(8, 6)).square().mean().backward()
        optimizer.step()

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
TorchTrainer(
    work,
    scaling_config=ScalingConfig(num_workers=2, use_gpu=False),
    run_config=RunConfig(storage_path=sys.argv[1]),
).fit()
ray.shutdown()
"""


@pytest.mark.long
@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed")
def test_ray_train(tmp_path: Path) -> None:
    """The workers are children of a raylet that the script has started, and have its environment."""
    finish(start(tmp_path, "-c", RAY, str(tmp_path / "store"), RAY_USAGE_STATS_ENABLED="0"))
    assert processes(tmp_path / "run") == ["0", "1"]
    assert apart(tmp_path / "run") is None


@pytest.mark.long
@pytest.mark.parametrize("variables", VARIABLES)
def test_variables_of_launchers_that_are_no_packages(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    """Started one after the other, as plain processes with the variables of two ranks."""
    first = start(tmp_path, REPLICAS, **{name: word.format(0) for name, word in variables.items()})
    finish(first)
    (tmp_path / "run").rename(tmp_path / "kept")
    second = start(tmp_path, REPLICAS, **{name: word.format(1) for name, word in variables.items()})
    finish(second)
    assert processes(tmp_path / "kept") == ["0"]
    assert processes(tmp_path / "run") == ["1"]
    for place in ("kept", "run"):
        assert read_ranks(tmp_path / place)[0].header.world_size == 2
