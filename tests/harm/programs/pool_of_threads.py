# A sweep over learning rates in a pool of threads.
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn
from training import digest, small_batch

torch.set_num_threads(1)
x, y = small_batch()
starts = [torch.randn(2, 8, generator=torch.Generator().manual_seed(n)) for n in range(5)]


def sweep(start):
    weight = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([weight], lr=0.01)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(x @ weight.T, y).backward()
        optimizer.step()
    return digest([weight])


with ThreadPoolExecutor(3) as pool:
    print(list(pool.map(sweep, starts)))
