# Two trainings take turns as tasks of one loop.
import asyncio

import torch
from torch import nn
from training import digest, small_batch, small_net


async def training(seed, rate):
    net = small_net(seed)
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    x, y = small_batch(seed)
    for _ in range(15):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        await asyncio.sleep(0)
        optimizer.step()
    return digest(net.parameters())


async def main():
    print(await asyncio.gather(training(1, 0.1), training(2, 0.2)))


asyncio.run(main())
