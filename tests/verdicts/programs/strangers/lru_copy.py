# exploding_gradient badly_scaled
# The stable parametrisation of the linear recurrence lacks its minus sign: |lambda| = exp(+exp(nu)) > 1, so states and gradients grow with the length of the sequence.
# mended by: modulus exp(-exp(nu)) (eigenvalues inside the unit circle)
# cause words: recurrence, eigenvalue, modulus, unit circle, unstable, decay, sign, exploding
import math, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)
class LRU(nn.Module):
    """diagonal complex linear recurrence, evaluated with a doubling scan"""
    def __init__(self, d, n, r=(0.85, 0.98)):
        super().__init__()
        u = torch.rand(n)
        mod = r[0] + (r[1] - r[0]) * u
        self.nu = nn.Parameter(torch.log(-torch.log(mod)))
        self.theta = nn.Parameter(torch.rand(n) * math.pi / 4)
        self.B = nn.Parameter(torch.randn(d, n, 2) / math.sqrt(2 * d))
        self.C = nn.Parameter(torch.randn(n, d, 2) / math.sqrt(n))
        self.gamma = nn.Parameter(torch.sqrt(1 - mod ** 2))
        self.D = nn.Parameter(torch.randn(d))
    def forward(self, u):
        sgn = -1.0 if FIX else 1.0
        lam = torch.polar(torch.exp(sgn * torch.exp(self.nu)), self.theta)
        x = self.gamma * (u.to(torch.cfloat) @ torch.view_as_complex(self.B))
        a, k = lam, 1
        while k < u.shape[1]:
            x = x + a * F.pad(x, (0, 0, k, 0))[:, :u.shape[1]]
            a, k = a * a, 2 * k
        return (x @ torch.view_as_complex(self.C)).real + self.D * u
class Net(nn.Module):
    def __init__(self, d=32, n=48):
        super().__init__()
        self.inp = nn.Linear(1, d)
        self.lrus = nn.ModuleList([LRU(d, n), LRU(d, n)])
        self.glus = nn.ModuleList([nn.Linear(d, 2 * d), nn.Linear(d, 2 * d)])
        self.out = nn.Linear(d, 1)
    def forward(self, x):
        h = self.inp(x)
        for l, gl in zip(self.lrus, self.glus):
            h = h + F.glu(gl(l(h)), -1)
        return self.out(h)
def plant(n, T=80):
    """water tank driven by a random valve: delayed second-order response"""
    u = (torch.rand(n, T) < 0.12).float() * (torch.rand(n, T) * 2 - 0.5)
    y, v, p = [], torch.zeros(n), torch.zeros(n)
    for t in range(T):
        drive = u[:, t - 6] if t >= 6 else torch.zeros(n)
        v = 0.85 * v + 0.5 * drive - 0.06 * p
        p = p + v * 0.5
        y.append(torch.tanh(p))
    return u[..., None], torch.stack(y, 1)[..., None]
xtr, ytr = plant(1500)
xte, yte = plant(200)
net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
for step in range(160):
    i = torch.randint(0, len(xtr), (20,))
    loss = F.mse_loss(net(xtr[i]), ytr[i])
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 20 == 0:
        print(f"step {step} mse {loss.item():.5g}")
with torch.no_grad():
    mse = F.mse_loss(net(xte), yte).item()
print(f"FINAL loss={mse:.5g} metric={1 - mse / yte.var().item():.4f}")
