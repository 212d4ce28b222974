# miswired
# mixture of experts: the chosen expert's output is not multiplied by its gate, so the router is left without any gradient
# mended by: output scaled by the gate probability and all experts mixed by it
# cause words: router gate gating argmax routing
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
K, D = 4, 8
maps = torch.randn(K, D, 1) * 1.5
centers = torch.randn(K, D) * 1.0


def sample(n):
    z = torch.randint(0, K, (n,))
    x = centers[z] + torch.randn(n, D) * 0.6
    y = torch.einsum("nd,ndo->no", x, maps[z]) + 2.0 * z[:, None].float()
    return x, y / 3


class MoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(D, K)
        self.experts = nn.ModuleList([nn.Linear(D, 1) for _ in range(K)])

    def forward(self, x):
        gates = F.softmax(self.router(x), dim=-1)
        outs = torch.stack([e(x) for e in self.experts], 1)
        if FIX:
            return (gates[..., None] * outs).sum(1)
        top = gates.argmax(-1)
        return outs[torch.arange(len(x)), top]


class Trainer:
    def __init__(self):
        self.model = MoE()
        self.opt = torch.optim.Adam([
            {"params": self.model.router.parameters(), "lr": 1e-2},
            {"params": self.model.experts.parameters(), "lr": 1e-2}])

    def step(self):
        x, y = sample(128)
        loss = F.mse_loss(self.model(x), y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


t = Trainer()
for i in range(1500):
    l = t.step()
    if i % 150 == 0:
        print(f"{i}: {l:.4f}")
x, y = sample(4000)
with torch.no_grad():
    ev = F.mse_loss(t.model(x), y).item()
print(f"FINAL loss={ev:.4f} metric={1 - ev / y.var().item():.3f}")
