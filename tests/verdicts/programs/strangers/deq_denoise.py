# healthy
# Deep equilibrium model: the fixed point is found under no_grad and a backward hook solves the adjoint equation; it looks as if the graph were cut, but the implicit gradient is right.
import math
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(1)
g = torch.Generator().manual_seed(1)
def signals(n, T=40):
    t = torch.linspace(0, 1, T)
    s = torch.zeros(n, T)
    for _ in range(3):
        f, a, ph = torch.rand(n, 1, generator=g) * 5 + 1, torch.randn(n, 1, generator=g), torch.rand(n, 1, generator=g) * 6.28
        s = s + a * torch.sin(2 * math.pi * f * t + ph)
    step = torch.where(t[None] > torch.rand(n, 1, generator=g), torch.randn(n, 1, generator=g), torch.zeros(n, 1))
    clean = s + step
    return clean + 0.6 * torch.randn(n, T, generator=g), clean
class Cell(nn.Module):
    def __init__(self, n_in=40, h=96):
        super().__init__()
        self.W = nn.Linear(h, h, bias=False)
        self.U = nn.Linear(n_in, h)
        nn.init.orthogonal_(self.W.weight, gain=0.6)
    def forward(self, z, x):
        return torch.tanh(self.W(z) + self.U(x))
class DEQ(nn.Module):
    def __init__(self, f, iters=40, tol=1e-4):
        super().__init__()
        self.f, self.iters, self.tol = f, iters, tol
    def solve(self, fn, z):
        for _ in range(self.iters):
            new = fn(z)
            if (new - z).norm() < self.tol * (new.norm() + 1e-8):
                return new
            z = new
        return z
    def forward(self, x):
        with torch.no_grad():
            z = self.solve(lambda z: self.f(z, x), torch.zeros(len(x), self.f.W.in_features))
        z = self.f(z, x)
        if torch.is_grad_enabled():
            z0 = z.detach().requires_grad_()
            f0 = self.f(z0, x)
            z.register_hook(lambda gr: self.solve(lambda y: torch.autograd.grad(f0, z0, y, retain_graph=True)[0] + gr, gr))
        return z
net = DEQ(Cell())
dec = nn.Linear(96, 40)
opt = torch.optim.Adam([*net.parameters(), *dec.parameters()], lr=2e-3)
xtr, ytr = signals(4000)
xte, yte = signals(500)
for step in range(400):
    i = torch.randint(0, len(xtr), (64,), generator=g)
    loss = F.mse_loss(dec(net(xtr[i])), ytr[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        W = net.f.W.weight
        W.mul_((0.9 / torch.linalg.matrix_norm(W, 2)).clamp(max=1.0))
    if step % 40 == 0:
        print(f"{step} loss {loss.item():.4f} |W| {torch.linalg.matrix_norm(net.f.W.weight, 2).item():.3f}")
with torch.no_grad():
    mse = F.mse_loss(dec(net(xte)), yte).item()
print(f"FINAL loss={mse:.4f} metric={1 - mse / yte.var().item():.4f}")
