# dead_relu
# The density of the field is relu(raw) with a raw bias below zero: density is zero at every point, so nothing is rendered, and no gradient reaches density or colour: the image stays background.
# mended by: softplus as density activation
# cause words: density, relu, negative, bias, zero gradient, dead, transmittance, alpha
import math, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
def scene(p):
    """two soft coloured discs: density, colour"""
    c = torch.tensor([[0.35, 0.2], [-0.3, -0.25]]); r = torch.tensor([0.35, 0.28])
    s = torch.sigmoid((r - (p[..., None, :] - c).norm(dim=-1)) * 30) * 12
    col = torch.tensor([[0.9, 0.3, 0.2], [0.2, 0.5, 0.9]])
    tot = s.sum(-1)
    return tot, (s[..., None] * col).sum(-2) / (tot[..., None] + 1e-6)
def rays(n):
    a = torch.rand(n) * 2 * math.pi
    o = torch.stack([a.cos(), a.sin()], 1) * 1.5
    b = a + math.pi + (torch.rand(n) - 0.5) * 0.9
    return o, torch.stack([b.cos(), b.sin()], 1)
def render(field, o, d, n=32, jitter=True):
    t = torch.linspace(0.4, 2.6, n + 1)[:-1].expand(len(o), n)
    dt = 2.2 / n
    t = t + (torch.rand_like(t) if jitter else 0.5) * dt
    sigma, rgb = field(o[:, None] + t[..., None] * d[:, None])
    alpha = 1 - torch.exp(-sigma * dt)
    trans = torch.cumprod(torch.cat([torch.ones(len(o), 1), 1 - alpha[:, :-1] + 1e-7], 1), 1)
    w = alpha * trans
    return (w[..., None] * rgb).sum(1)
class Field(nn.Module):
    def __init__(self, bands=5, h=64, density_bias=-1.0):
        super().__init__()
        self.bands = 2.0 ** torch.arange(bands)
        self.trunk = nn.Sequential(nn.Linear(2 + 4 * bands, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU())
        self.sigma, self.rgb = nn.Linear(h, 1), nn.Sequential(nn.Linear(h, 32), nn.SiLU(), nn.Linear(32, 3))
        nn.init.constant_(self.sigma.bias, density_bias)
    def forward(self, p):
        e = (p[..., None] * self.bands * 1.5).flatten(-2)
        h = self.trunk(torch.cat([p, e.sin(), e.cos()], -1))
        raw = self.sigma(h)[..., 0]
        sigma = F.softplus(raw) if FIX else F.relu(raw)
        return sigma, torch.sigmoid(self.rgb(h))
def gt(o, d):
    return render(scene, o, d, n=96, jitter=False)
net = Field()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for it in range(350):
    o, d = rays(192)
    loss = F.mse_loss(render(net, o, d), gt(o, d))
    opt.zero_grad()
    loss.backward()
    opt.step()
    for gr in opt.param_groups:
        gr["lr"] = 3e-3 * 0.1 ** (it / 350)
    if it % 35 == 0:
        print(f"iter {it} mse {loss.item():.5f} psnr {-10 * math.log10(loss.item()):.2f}")
with torch.no_grad():
    o, d = rays(1000)
    mse = F.mse_loss(render(net, o, d, jitter=False), gt(o, d)).item()
print(f"FINAL loss={mse:.5f} metric={-10 * math.log10(mse):.3f}")
