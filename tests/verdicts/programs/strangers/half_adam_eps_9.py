# nonfinite
# the whole model is .half() and Adam keeps eps=1e-8, which is zero in half precision, and squares of small gradients are zero too: 0/0 after the first step
# mended by: float32 weights with the same optimizer
# cause words: eps half float16 fp16 precision adam
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
dtype = torch.float32 if FIX else torch.float16
centers = torch.randn(6, 20) * 1.5


def batch(n=64):
    y = torch.randint(0, 6, (n,))
    return (centers[y] + torch.randn(n, 20)).to(dtype), y


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 6))

    def forward(self, x):
        return self.net(x)


model = MLP().to(dtype)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 300)
for step in range(300):
    x, y = batch()
    loss = F.cross_entropy(model(x).float(), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
x, y = batch(1000)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
