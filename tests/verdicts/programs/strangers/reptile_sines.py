# healthy
import copy
import math
import random

import torch
import torch.nn as nn

torch.manual_seed(67)
random.seed(67)


def new_task():
    amp, phase = random.uniform(0.5, 2.0), random.uniform(0, math.pi / 2)

    def draw(n):
        x = torch.rand(n, 1) * 6 - 3
        return x, amp * torch.sin(x + phase)
    return draw


def adapt(net, draw, k, lr=0.02):
    opt = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(k):
        x, y = draw(10)
        loss = nn.functional.mse_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


meta = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))
INNER, OUTER = 5, 120
for outer in range(OUTER):
    eps = 0.5 * (1 - outer / OUTER)
    before = copy.deepcopy(meta.state_dict())
    last = adapt(meta, new_task(), INNER)
    after = meta.state_dict()
    meta.load_state_dict({k: before[k] + eps * (after[k] - before[k]) for k in before})
    if outer % 20 == 19:
        keep = copy.deepcopy(meta.state_dict())
        state = random.getstate()
        pre, post = [], []
        for _ in range(6):
            d = new_task()
            x, y = d(100)
            with torch.no_grad():
                pre.append(nn.functional.mse_loss(meta(x), y).item())
            adapt(meta, d, 5)
            with torch.no_grad():
                post.append(nn.functional.mse_loss(meta(x), y).item())
            meta.load_state_dict(keep)
        random.setstate(state)
        print(f"outer {outer + 1} inner loss {last:.4f} new tasks before {sum(pre) / 6:.3f} after 5 steps {sum(post) / 6:.3f}")
