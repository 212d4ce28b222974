# healthy
# Greedy local learning: each block has its own auxiliary head and optimizer, and the activations are detached between blocks on purpose; no gradient from the last loss reaches early blocks.
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(4)
def shapes(n, s=16):
    """rings, crosses, bars and corners in noise"""
    yy, xx = torch.meshgrid(torch.arange(s).float(), torch.arange(s).float(), indexing="ij")
    y = torch.randint(0, 4, (n,))
    cx, cy = (5 + 6 * torch.rand(n, 1, 1) for _ in range(2))
    dx, dy = (xx - cx).abs(), (yy - cy).abs()
    ring = (((xx - cx) ** 2 + (yy - cy) ** 2).sqrt() - 3.5).abs() < 0.9
    cross = ((dx < 0.8) | (dy < 0.8)) & (dx < 4) & (dy < 4)
    bars = ((dx - 2.5).abs() < 0.8) & (dy < 4)
    corner = (((xx - cx + 3).abs() < 0.8) & (dy < 4)) | (((yy - cy + 3).abs() < 0.8) & (dx < 4))
    m = torch.stack([ring, cross, bars, corner], 1)[torch.arange(n), y]
    return (m.float() + 0.35 * torch.randn(n, s, s))[:, None], y
class LocalBlock(nn.Module):
    def __init__(self, cin, cout, stride, k=4):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.LeakyReLU(0.1))
        self.aux = nn.Linear(cout * 4, k)
        self.opt = torch.optim.Adam(self.parameters(), lr=3e-3)
    def forward(self, x):
        h = self.conv(x)
        return h, self.aux(F.adaptive_avg_pool2d(h, 2).flatten(1))
blocks = nn.ModuleList([LocalBlock(1, 16, 1), LocalBlock(16, 32, 2), LocalBlock(32, 48, 2)])
xtr, ytr = shapes(2500)
xte, yte = shapes(500)
for step in range(250):
    i = torch.randint(0, len(xtr), (48,))
    h, per = xtr[i], []
    for b in blocks:
        h, logits = b(h.detach())
        loss = F.cross_entropy(logits, ytr[i])
        b.opt.zero_grad()
        loss.backward()
        b.opt.step()
        per.append(loss.item())
    if step % 25 == 0:
        print(step, " ".join(f"{v:.3f}" for v in per))
blocks.eval()
with torch.no_grad():
    h = xte
    for k, b in enumerate(blocks):
        h, o = b(h)
        print(f"block {k} acc {(o.argmax(1) == yte).float().mean().item():.3f}")
print(f"FINAL loss={F.cross_entropy(o, yte).item():.4f} metric={(o.argmax(1) == yte).float().mean().item():.4f}")
