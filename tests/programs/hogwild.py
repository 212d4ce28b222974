"""Spawned workers that train one model in shared memory, in turns so that the result is the same."""

import torch
import truth
from torch import nn


def train(rank: int, model: nn.Module, turn) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(30 + rank)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5)
    for i in range(20):
        if i % 2 == rank:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(torch.randn(8, 4)), torch.randint(3, (8,)))
            loss.backward()
            truth.step(loss, dict(model.named_parameters()))
            optimizer.step()
        turn.wait()
    truth.end(model, rank=rank)


if __name__ == "__main__":
    torch.manual_seed(29)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    model.share_memory()
    turn = torch.multiprocessing.get_context("spawn").Barrier(2)
    torch.multiprocessing.spawn(train, (model, turn), nprocs=2)
