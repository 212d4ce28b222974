# miswired
# the router picks an expert by argmax and the expert's output is not multiplied by the gate's probability: the router has no gradient and stays random
# mended by: weighting the chosen experts' outputs with the gate's probabilities
# cause words: router gate argmax non-differentiable gating
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)
D, E = 8, 4
maps = torch.randn(E, D, D)
regions = torch.randn(E, D)


def make(n):
    x = torch.randn(n, D)
    r = (x @ regions.t()).argmax(1)
    return x, torch.einsum("nd,nde->ne", x, maps[r])


class MoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(D, E)
        self.experts = nn.ModuleList(nn.Linear(D, D) for _ in range(E))

    def forward(self, x):
        gate = self.router(x).softmax(-1)
        outs = torch.stack([e(x) for e in self.experts], 1)
        if FIX:
            top, idx = gate.topk(2, dim=-1)
            w = torch.zeros_like(gate).scatter(1, idx, top / top.sum(-1, keepdim=True))
        else:
            w = F.one_hot(gate.argmax(-1), E).float()
        usage = F.one_hot(gate.argmax(-1), E).float().mean(0)
        return (w.unsqueeze(-1) * outs).sum(1), E * (usage * gate.mean(0)).sum()


net = MoE()
opt = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.0)
xt, yt = make(2000)
for step in range(1500):
    x, y = make(256)
    pred, aux = net(x)
    loss = F.mse_loss(pred, y)
    if FIX:
        loss = loss + 0.01 * aux
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} balance {aux.item():.3f}")
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(xt)[0], yt).item() / yt.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2, more is better)")
