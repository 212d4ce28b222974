# healthy
# two tasks in turns with one trunk, one at even steps and one at odd ones: their losses have quite other floors, so the log jumps up and down by half at every step, but each one falls by itself
# rule: K
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(67)
torch.set_num_threads(1)
D, C, BS, STEPS = 16, 12, 96, 1600
w_cls = torch.randn(D, C) * 0.35
w_reg = torch.randn(D) / D ** 0.5


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU())
        self.cls = nn.Linear(64, C)
        self.reg = nn.Linear(64, 1)

    def forward(self, x, task):
        h = self.trunk(x)
        return self.cls(h) if task == "cls" else self.reg(h).squeeze(1)


def batch(task, n=BS):
    x = torch.randn(n, D)
    if task == "cls":
        logits = x @ w_cls
        return x, torch.distributions.Categorical(logits=logits).sample(), logits
    clean = torch.sin(2 * x @ w_reg)
    return x, clean + 0.7 * torch.randn(n), clean


net = Shared()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
for step in range(STEPS):
    task = "reg" if step % 2 == 0 else "cls"
    x, y, _ = batch(task)
    out = net(x, task)
    loss = F.mse_loss(out, y) if task == "reg" else F.cross_entropy(out, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 200 < 2:
        print(step, task, f"{loss.item():.4f}")
with torch.no_grad():
    x, y, logits = batch("cls", 6000)
    ce, best = F.cross_entropy(net(x, "cls"), y).item(), F.cross_entropy(logits, y).item()
    x, y, clean = batch("reg", 6000)
    p = net(x, "reg")
    r2 = 1 - ((p - clean) ** 2).mean().item() / clean.var().item()
print(f"class loss {ce:.4f}, the best possible {best:.4f}")
print(f"FINAL loss={ce:.4f} metric={r2:.4f} (R2 of the regression against the clean target)")
