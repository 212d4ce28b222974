# healthy
# Deep equilibrium model: fixed point under no_grad, one attached step and an implicit gradient through a tensor hook; contraction by spectral norm.
"""Deep equilibrium model: fixed point found without a graph, implicit gradient through a backward hook."""
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.parametrizations import spectral_norm
torch.manual_seed(18)
D, H, C = 16, 48, 4
W = torch.randn(D, 20) / 2; V = torch.randn(20, C)

def batch(n):
    x = torch.randn(n, D); return x, (torch.tanh(x @ W) @ V).argmax(1)

class DEQ(nn.Module):
    def __init__(self):
        super().__init__()
        self.W = spectral_norm(nn.Linear(H, H, bias=False))
        self.U = nn.Linear(D, H)
    def f(self, z, ux, w): return torch.tanh(0.8 * F.linear(z, w) + ux)
    def forward(self, x):
        w, ux = self.W.weight, self.U(x)
        with torch.no_grad():
            z = torch.zeros_like(ux)
            for _ in range(25): z = self.f(z, ux, w)
        z = self.f(z, ux, w)
        if self.training:
            z0 = z.detach().requires_grad_()
            f0 = self.f(z0, ux.detach(), w.detach())
            def solve(g):
                u = g
                for _ in range(20):
                    u = torch.autograd.grad(f0, z0, u, retain_graph=True)[0] + g
                return u
            z.register_hook(solve)
        return z

class Net(nn.Module):
    def __init__(self):
        super().__init__(); self.deq, self.out = DEQ(), nn.Linear(H, C)
    def forward(self, x): return self.out(self.deq(x))

net = Net()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
hist = []
for step in range(280):
    x, y = batch(192)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 35 == 0: print(step, f"{loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = batch(4000); acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-28:])/28:.5f} metric={acc:.4f}")
