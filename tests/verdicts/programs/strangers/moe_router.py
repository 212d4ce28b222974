# miswired
# the router runs under no_grad, copied from the inference code, so it never learns which expert gets what
# mended by: the router outside of no_grad, the softmax weights carry gradient
# cause words: no_grad, router, gate, detach, routing, gradient
import os
import contextlib
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13)
D, E = 8, 4
RULES = torch.randn(E, D, 1) * 2
CENTRES = torch.tensor([[3.0, 3], [-3, 3], [3, -3], [-3, -3]])


def batch(n):
    k = torch.randint(0, E, (n,))
    x = torch.randn(n, D)
    x[:, :2] = CENTRES[k] + torch.randn(n, 2)
    y = torch.einsum("nd,ndo->no", x[:, 2:], RULES[k][:, 2:])
    return x, y


class MoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.router = nn.Linear(D, E)
        self.experts = nn.ModuleList(nn.Linear(D, 1) for _ in range(E))
        nn.init.normal_(self.router.weight, std=0.05)

    def forward(self, x):
        with contextlib.nullcontext() if FIX else torch.no_grad():
            w = F.softmax(self.router(x), dim=-1)
        outs = torch.stack([e(x) for e in self.experts], 1)
        return (w[..., None] * outs).sum(1)


model = MoE()
opt = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(2000):
    x, y = batch(128)
    loss = F.mse_loss(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"step {step} mse {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(4000)
    mse = F.mse_loss(model(x), y).item()
print(f"FINAL loss={mse:.4f} metric={1 - mse / y.var().item():.3f}")
