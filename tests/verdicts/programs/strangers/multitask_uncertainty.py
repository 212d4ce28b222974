# miswired vanishing_gradient
# learned task weights exp(-s) without the +s that holds them: s grows for ever, the weights and the loss go to zero and the tasks stop learning
# mended by: adding s to the loss (Kendall's form)
# cause words: weight weights uncertainty log-variance regular term missing zero
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16)


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(10, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU())
        self.heads = nn.ModuleDict({"angle": nn.Linear(96, 2), "depth": nn.Linear(96, 1), "energy": nn.Linear(96, 1)})
        self.s = nn.ParameterDict({k: nn.Parameter(torch.zeros(())) for k in self.heads})

    def forward(self, x):
        h = self.trunk(x)
        return {k: head(h) for k, head in self.heads.items()}

    def combine(self, losses):
        total = 0.0
        for k, l in losses.items():
            total = total + torch.exp(-self.s[k]) * l
            if FIX:
                total = total + self.s[k]
        return total


W = torch.randn(10, 4) * 0.25


def batch(n):
    x = torch.randn(n, 10)
    u = x @ W
    return x, {
        "angle": torch.stack([torch.sin(2 * u[:, 0]), torch.cos(2 * u[:, 0])], 1),
        "depth": torch.tanh(u[:, 1:2] + u[:, 2:3]) * 1.5,
        "energy": (u[:, 3:4].abs() - 1.2),
    }


net = MultiTask()
opt = torch.optim.SGD([{"params": [*net.trunk.parameters(), *net.heads.parameters()], "lr": 0.05},
                       {"params": net.s.parameters(), "lr": 0.5}], momentum=0.9)
for step in range(1600):
    x, y = batch(128)
    out = net(x)
    losses = {k: F.mse_loss(out[k], y[k]) for k in y}
    loss = net.combine(losses)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    opt.step()
    with torch.no_grad():
        for s in net.s.values():
            s.clamp_(min=-3)
    if step % 250 == 0:
        print(f"step {step} total {loss.item():.4f} " + " ".join(f"{k} {v.item():.3f}" for k, v in losses.items()))
x, y = batch(4000)
with torch.no_grad():
    out = net(x)
    r2 = sum(1 - F.mse_loss(out[k], y[k]).item() / y[k].var().item() for k in y) / 3
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (mean R2, more is better)")
