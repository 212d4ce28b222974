"""Two processes, started by torch.multiprocessing or by torchrun: DDP, or with "shard" FSDP2;
with "zero" the optimizer's state is sharded too, and another optimizer steps inside of it."""

import os
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import truth
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def build() -> nn.Module:
    torch.manual_seed(14)
    return nn.Sequential(nn.Linear(6, 15), nn.ReLU(), nn.Linear(15, 3))


def work(rank: int, place: str, words: list[str]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=place or None, rank=rank, world_size=2)
    model = build()
    if "shard" in words:
        from torch.distributed.fsdp import fully_shard

        for layer in model:
            if isinstance(layer, nn.Linear):
                fully_shard(layer)
        inner = whole = fully_shard(model)
    else:
        inner, whole = model, DistributedDataParallel(model)
    if "zero" in words:
        from torch.distributed.optim import ZeroRedundancyOptimizer

        optimizer = ZeroRedundancyOptimizer(whole.parameters(), torch.optim.AdamW, lr=1e-2)
    else:
        optimizer = torch.optim.AdamW(whole.parameters(), lr=1e-2)
    torch.manual_seed(rank)
    for _ in range(10):
        optimizer.zero_grad()
        loss = whole(torch.randn(8, 6)).square().mean()
        loss.backward()
        truth.step(loss, dict(inner.named_parameters()))
        optimizer.step()
    truth.end(inner, rank=rank)
    dist.barrier()
    time.sleep(0.1)  # gloo's threads are done with the barrier before Python goes
    dist.destroy_process_group()


if __name__ == "__main__":
    if "RANK" in os.environ:
        work(int(os.environ["RANK"]), "", sys.argv)
    else:
        with tempfile.TemporaryDirectory() as folder:
            args = (f"file://{folder}/meet", sys.argv)
            torch.multiprocessing.spawn(work, args, nprocs=2)
