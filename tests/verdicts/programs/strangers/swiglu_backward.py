# miswired
# custom autograd Function for a fused swish gate: the backward returns the two gradients in swapped order, so both branches receive each other's gradient
# mended by: the right order
# cause words: backward custom order swap autograd gradient
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D, H = 16, 48


class SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, gate, value):
        ctx.save_for_backward(gate, value)
        return F.silu(gate) * value

    @staticmethod
    def backward(ctx, g):
        gate, value = ctx.saved_tensors
        s = torch.sigmoid(gate)
        d_gate = g * value * (s + gate * s * (1 - s))
        d_value = g * gate * s
        return (d_gate, d_value) if FIX else (d_value, d_gate)


class FFN(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.w1, self.w2, self.w3 = nn.Linear(d, H), nn.Linear(d, H), nn.Linear(H, d)

    def forward(self, x):
        h = self.norm(x)
        return x + self.w3(SwiGLU.apply(self.w1(h), self.w2(h)))


net = nn.Sequential(nn.Linear(D, 32), FFN(32), FFN(32), FFN(32), nn.Linear(32, 1))
W = torch.randn(D, 6) / D ** 0.5


def batch(n):
    x = torch.randn(n, D)
    z = x @ W
    return x, (torch.sin(2 * z[:, 0]) * z[:, 1] + z[:, 2] * z[:, 3] + torch.cos(2 * z[:, 4]))[:, None]


opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(1500):
    x, y = batch(128)
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(step, loss.item())
with torch.no_grad():
    x, y = batch(4000)
    r2 = 1 - F.mse_loss(net(x), y) / y.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.3f}")
