# not_learning plateau
# fine-tuning with pure bfloat16 weights and SGD steps smaller than the spacing of bfloat16 numbers: the updates are rounded away
# mended by: fp32 master weights, bf16 copy for the forward pass
# cause words: bf16 bfloat16 round master precision update lost
import os
import copy
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(40, 128), nn.LayerNorm(128), nn.GELU(), nn.Linear(128, 128), nn.GELU())
        self.head = nn.Linear(128, 6)

    def forward(self, x):
        return self.head(self.f(x))


true = nn.Sequential(nn.Linear(40, 8), nn.Tanh(), nn.Linear(8, 6))
for p in true.parameters():
    p.data.mul_(1.5)


def batch(n=128):
    x = torch.randn(n, 40)
    with torch.no_grad():
        return x, true(x).argmax(1)


net = Net().bfloat16()
if FIX:
    master = copy.deepcopy(net).float()
    params = list(master.parameters())
else:
    params = list(net.parameters())
opt = torch.optim.Adam(params, lr=6e-5, betas=(0.9, 0.95))
N = 2500
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / 100) * (1.0 if s < 2000 else 0.3))
running = None
for step in range(N):
    x, y = batch()
    loss = F.cross_entropy(net(x.bfloat16()).float(), y)
    net.zero_grad()
    loss.backward()
    if FIX:
        for m, p in zip(params, net.parameters()):
            m.grad = p.grad.float()
    opt.step()
    sched.step()
    if FIX:
        with torch.no_grad():
            for m, p in zip(params, net.parameters()):
                p.copy_(m)
    running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
    if step % 250 == 0:
        print(f"step {step} loss {running:.4f}")
x, y = batch(2000)
with torch.no_grad():
    acc = (net(x.bfloat16()).argmax(1) == y).float().mean()
print(f"FINAL loss={running:.4f} metric={acc.item():.3f}")
