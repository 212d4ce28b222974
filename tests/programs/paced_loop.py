"""A loop of one's own at a pace. Words: "workers" loads by two processes, "group" trains in
DistributedDataParallel over gloo, "accelerate" and "deepspeed" hand the net to these."""

import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from paced import STEPS, Pace
from torch import nn
from torch.utils.data import DataLoader, Dataset

PLACES = (
    ("RANK", "WORLD_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
)


class Points(Dataset):
    """What a batch is of, and whether whoever has loaded it knows gradtui."""

    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int):
        draw = torch.Generator().manual_seed(index)
        x = torch.randn(8, generator=draw)
        return x, int(x[:3].argmax()), "gradtui" in sys.modules


def place() -> tuple[int, int]:
    """Rank and number of processes, as their launcher says."""
    for rank, size in PLACES:
        if rank in os.environ and size in os.environ:
            return int(os.environ[rank]), int(os.environ[size])
    return 0, 1


def batches(rank: int, words: list[str]):
    if "workers" in words:
        loader = DataLoader(
            Points(), 8, shuffle=True, num_workers=2, persistent_workers=True, timeout=60
        )
        while True:
            yield from loader
    draw = torch.Generator().manual_seed(rank)
    while True:
        x = torch.randn(16, 8, generator=draw)
        yield x, x[:, :3].argmax(1), torch.zeros(1)


def train(rank: int, size: int, words: list[str]) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(7)
    net = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 3))
    whole: nn.Module = net
    if "group" in words and not dist.is_initialized():
        meet = Path(os.environ["TRUTH"]).parent / "meet"
        at = None if "RANK" in os.environ else f"file://{meet}"
        dist.init_process_group("gloo", init_method=at, rank=rank, world_size=size)
    if "group" in words:
        whole = nn.parallel.DistributedDataParallel(net)
    optimizer = torch.optim.Adam(whole.parameters(), lr=1e-2)
    backward, take = torch.Tensor.backward, optimizer.step
    if "deepspeed" in words:
        import deepspeed

        deepspeed.init_distributed("gloo")
        settings = {"train_micro_batch_size_per_gpu": 16, "gradient_clipping": 1.0}
        whole, *_ = deepspeed.initialize(model=net, optimizer=optimizer, config=settings)
        backward, take = whole.backward, whole.step
    if "accelerate" in words:
        from accelerate import Accelerator

        accelerator = Accelerator(cpu=True)
        whole, optimizer = accelerator.prepare(net, optimizer)
        backward, take = accelerator.backward, optimizer.step
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 50, 0.9)
    torch.manual_seed(rank)
    pace, strange = Pace(rank), 0
    for _, (x, y, odd) in zip(range(STEPS), batches(rank, words), strict=False):
        strange += int(odd.sum())
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(whole(x), y)
        backward(loss)
        nn.utils.clip_grad_norm_(whole.parameters(), 1.0)
        take()
        schedule.step()
        pace.step(loss)
    pace.end(net, strange=strange)


if __name__ == "__main__":
    train(*place(), sys.argv[1:])
    if dist.is_initialized():
        dist.barrier()
        time.sleep(
            1.0
        )  # gloo's connections go with the first process, and the others still wait on them
        dist.destroy_process_group()
