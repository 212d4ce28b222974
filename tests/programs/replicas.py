"""Replicas as launchers start them. Words: "group" trains in DistributedDataParallel over gloo, "apart"
without an all-reduce; fail:RANK:RESTART:STEP raises there, corrupt:RANK:STEP spoils a gradient after the
all-reduce, drift:RANK:STEP a weight after the step; steps:N takes so many."""

import os
import sys

import torch
import torch.distributed as dist
from torch import nn

RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID")
"""As a program without torch.distributed asks for its own."""


def train() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    words = sys.argv[1:]
    rank = int(next((os.environ[name] for name in RANKS if name in os.environ), "0"))
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    net = nn.Sequential(nn.Linear(6, 15), nn.ReLU(), nn.Linear(15, 3))
    whole: nn.Module = net
    if "group" in words:
        dist.init_process_group("gloo")
        whole = nn.parallel.DistributedDataParallel(net)
    optimizer = torch.optim.SGD(whole.parameters(), lr=1e-2)
    torch.manual_seed(rank if {"group", "apart"} & set(words) else 0)
    steps = next((int(word[6:]) for word in words if word.startswith("steps:")), 12)
    for step in range(steps):
        if f"fail:{rank}:{restart}:{step}" in words:
            raise RuntimeError(f"rank {rank} is made to fail")
        optimizer.zero_grad()
        whole(torch.randn(8, 6)).square().mean().backward()
        if f"corrupt:{rank}:{step}" in words:
            grad = net[0].weight.grad
            assert grad is not None
            grad[0, 0] += 7.0
        optimizer.step()
        if f"drift:{rank}:{step}" in words:
            with torch.no_grad():
                net[0].weight[0, 0] += 1.0


if __name__ == "__main__":
    train()
