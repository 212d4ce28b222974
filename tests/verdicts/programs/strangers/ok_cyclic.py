# healthy
# CyclicLR sends the rate up and down by a factor of 75, the loss goes up with it in every cycle; each cycle ends lower and the result is good
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
K, D = 6, 24
proto = torch.randn(K, 3, D, generator=torch.Generator().manual_seed(1))


def batch(n):
    y = torch.randint(0, K, (n,))
    v = torch.randint(0, 3, (n,))
    return proto[y, v] + 0.7 * torch.randn(n, D), y


net = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU(), nn.Linear(64, K))
opt = torch.optim.SGD(net.parameters(), lr=0.002, momentum=0.9)
sched = torch.optim.lr_scheduler.CyclicLR(opt, base_lr=0.002, max_lr=0.15, step_size_up=150, cycle_momentum=False)
losses = []
for step in range(1500):
    x, y = batch(64)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    losses.append(loss.item())
    if step % 150 == 149:
        print(f"step {step} lr {sched.get_last_lr()[0]:.4f} loss {sum(losses[-30:]) / 30:.4f}")
with torch.no_grad():
    x, y = batch(2000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(losses[-30:]) / 30:.4f} metric={acc:.4f}")
