"""Workers forked from a process that has trained a little itself; data come from workers too."""

import torch
import truth
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def train(rank: int, steps: int, workers: int = 0) -> None:
    torch.manual_seed(20 + rank)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    data = DataLoader(TensorDataset(torch.randn(8 * steps, 4)), batch_size=8, num_workers=workers)
    for (x,) in data:
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        truth.step(loss, dict(model.named_parameters()))
        optimizer.step()
    truth.end(model, rank=rank)


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(0, 5, workers=1)
    truth.LINES.clear()
    children = torch.multiprocessing.get_context("fork")
    started = [children.Process(target=train, args=(1 + i, 10)) for i in range(2)]
    for child in started:
        child.start()
    for child in started:
        child.join()
