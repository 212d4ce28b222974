# Four threads train four nets.
# @ steps: 600
import threading

import torch
from torch import nn
from training import digest

torch.set_num_threads(1)
found = {}


def work(number):
    chosen = torch.Generator().manual_seed(number)
    net = nn.Sequential(nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
    with torch.no_grad():
        for weight in net.parameters():
            weight.copy_(torch.randn(weight.shape, generator=chosen) * 0.3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    x, y = torch.randn(16, 8, generator=chosen), torch.randn(16, 1, generator=chosen)
    for _ in range(150):
        optimizer.zero_grad()
        ((net(x) - y) ** 2).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
    found[number] = digest(net.parameters())


threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(found.items()))
