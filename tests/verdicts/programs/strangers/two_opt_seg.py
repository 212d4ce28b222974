# miswired
# Parameters are split by ndim == 2 (Muon-like optimizer) and ndim < 2 (AdamW): the 4-d convolution kernels are in neither group; they get gradients (which pile up, too) but are never stepped.
# mended by: taking ndim >= 2 into the matrix group (kernels flattened)
# cause words: parameter groups, ndim, conv, kernels, not in any optimizer, forgotten, never updated, frozen
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)
def orth(m, steps=5):
    x = m / (m.norm() + 1e-7)
    tr = x.shape[0] > x.shape[1]
    x = x.T if tr else x
    for _ in range(steps):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tr else x
class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr=0.02, momentum=0.95):
        super().__init__(params, dict(lr=lr, momentum=momentum))
    @torch.no_grad()
    def step(self):
        for gr in self.param_groups:
            for p in gr["params"]:
                buf = self.state[p].setdefault("m", torch.zeros_like(p))
                buf.mul_(gr["momentum"]).add_(p.grad)
                u = orth(p.grad.add(buf, alpha=gr["momentum"]).flatten(1)).view_as(p)
                p.add_(u, alpha=-gr["lr"] * 0.2 * max(p.flatten(1).shape) ** 0.5)
class Seg(nn.Module):
    """small conv encoder, one token mixer in the middle, upsampling decoder"""
    def __init__(self, c=8):
        super().__init__()
        self.e1, self.e2 = nn.Conv2d(1, c, 3, padding=1), nn.Conv2d(c, 2 * c, 3, stride=2, padding=1)
        self.n1, self.n2, self.n3 = nn.GroupNorm(4, c), nn.GroupNorm(4, 2 * c), nn.LayerNorm(2 * c)
        self.ff = nn.Sequential(nn.Linear(2 * c, 4 * c), nn.GELU(), nn.Linear(4 * c, 2 * c))
        self.d1, self.out = nn.Conv2d(3 * c, c, 3, padding=1), nn.Conv2d(c, 4, 1)
    def forward(self, x):
        a = F.silu(self.n1(self.e1(x)))
        b = F.silu(self.n2(self.e2(a))).permute(0, 2, 3, 1)
        b = (b + self.ff(self.n3(b))).permute(0, 3, 1, 2)
        return self.out(F.silu(self.d1(torch.cat([a, F.interpolate(b, scale_factor=2)], 1))))
def cells(n, s=24):
    """background, striped patches (horizontal / vertical) and smooth blobs"""
    yy, xx = torch.meshgrid(torch.arange(s).float(), torch.arange(s).float(), indexing="ij")
    img, lab = 0.7 * torch.randn(n, s, s), torch.zeros(n, s, s, dtype=torch.long)
    for k in (1, 2, 3):
        cx, cy, r = torch.rand(n, 1, 1) * s, torch.rand(n, 1, 1) * s, 4 + 3 * torch.rand(n, 1, 1)
        m = (xx - cx) ** 2 + (yy - cy) ** 2 < r ** 2
        ph = torch.rand(n, 1, 1) * 6.28
        tex = [None, torch.sin(2.1 * xx + ph), torch.sin(2.1 * yy + ph), torch.sin(1.5 * (xx + yy) + ph)][k]
        img, lab = torch.where(m, tex + 0.7 * torch.randn(n, s, s), img), torch.where(m, k, lab)
    return img[:, None], lab
xtr, ytr = cells(800)
xte, yte = cells(150)
net = Seg()
mats = [p for p in net.parameters() if (p.ndim >= 2 if FIX else p.ndim == 2)]
rest = [p for p in net.parameters() if p.ndim < 2]
opts = [Muon(mats, lr=0.02), torch.optim.AdamW(rest, lr=3e-3, weight_decay=0.0)]
for step in range(300):
    i = torch.randint(0, len(xtr), (16,))
    loss = F.cross_entropy(net(xtr[i]), ytr[i])
    for o in opts:
        o.zero_grad()
    loss.backward()
    for o in opts:
        o.step()
    if step % 30 == 0:
        print(f"{step} loss {loss.item():.4f}")
with torch.no_grad():
    o = net(xte)
    pr = o.argmax(1)
    iou = torch.stack([((pr == k) & (yte == k)).sum() / ((pr == k) | (yte == k)).sum().clamp(min=1) for k in range(4)])
print(f"FINAL loss={F.cross_entropy(o, yte).item():.4f} metric={iou.mean().item():.4f}")
