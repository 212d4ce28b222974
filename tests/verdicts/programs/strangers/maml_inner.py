# exploding_gradient
# MAML on sine waves: inner learning rate far too large (0.6 instead of 0.02), so the second-order meta-gradient through the inner steps multiplies up
# mended by: inner_lr = 0.02
# cause words: inner step learning rate lr adaptation meta
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
INNER_LR = 0.02 if FIX else 0.6
INNER_STEPS, META_BATCH, K = 3, 4, 10


def sample_task():
    amp, ph = 1 + 3 * torch.rand(1), math.pi * torch.rand(1)
    def draw(n):
        x = 10 * torch.rand(n, 1) - 5
        return x, amp * torch.sin(x + ph)
    return draw


class MAML:
    def __init__(self, net):
        self.net = net
        self.opt = torch.optim.Adam(net.parameters(), lr=2e-3)

    def adapt(self, xs, ys, create_graph):
        params = dict(self.net.named_parameters())
        for _ in range(INNER_STEPS):
            l = F.mse_loss(functional_call(self.net, params, (xs,)), ys)
            grads = torch.autograd.grad(l, list(params.values()), create_graph=create_graph)
            params = {k: p - INNER_LR * g for (k, p), g in zip(params.items(), grads)}
        return params

    def meta_step(self):
        self.opt.zero_grad()
        loss = 0
        for _ in range(META_BATCH):
            task = sample_task()
            params = self.adapt(*task(K), create_graph=True)
            xq, yq = task(K)
            loss = loss + F.mse_loss(functional_call(self.net, params, (xq,)), yq)
        loss = loss / META_BATCH
        loss.backward()
        self.opt.step()
        return loss.item()


net = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))
m = MAML(net)
log = []
for it in range(500):
    log.append(m.meta_step())
    if it % 70 == 0:
        print(f"iter {it} meta-loss {log[-1]:.4g}")
test = []
for _ in range(50):
    task = sample_task()
    p = m.adapt(*task(K), create_graph=False)
    xq, yq = task(100)
    test.append(F.mse_loss(functional_call(net, p, (xq,)), yq).item())
print(f"FINAL loss={sum(log[-50:]) / 50:.4g} metric={sum(test) / 50:.4g} (test mse after adaptation)")
