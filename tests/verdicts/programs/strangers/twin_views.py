# not_learning vanishing_gradient
# The sign in the variance hinge is turned round (relu(std - 1)), so nothing keeps the embeddings apart and they all become the same vector.
# mended by: Use relu(1 - std) in the variance term.
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.default_rng(7)
torch.manual_seed(7)
N_ID, DIM, Z = 12, 40, 16
ids = rng.normal(size=(N_ID, DIM)).astype('float32')


def views(n):
    y = rng.integers(0, N_ID, n)
    mk = lambda: torch.from_numpy(ids[y] + 0.6 * rng.normal(size=(n, DIM)).astype('float32'))
    return mk(), mk(), torch.from_numpy(y)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(DIM, 96), nn.GELU(), nn.Linear(96, 48), nn.GELU())
        self.projector = nn.Linear(48, Z)

    def forward(self, x):
        return self.projector(self.backbone(x))


def off_diagonal(m):
    return m[~torch.eye(len(m), dtype=torch.bool)]


def vicreg(a, b):
    inv = F.mse_loss(a, b)
    terms = []
    for z in (a, b):
        std = torch.sqrt(z.var(0) + 1e-4)
        terms.append(F.relu(1 - std).mean() if os.environ.get('FIX') else F.relu(std - 1).mean())
    var = sum(terms) / 2
    za, zb = a - a.mean(0), b - b.mean(0)
    cov = sum(off_diagonal(z.t() @ z / (len(z) - 1)).pow(2).sum() / Z for z in (za, zb))
    return 25 * inv + 25 * var + cov


def probe(net):
    with torch.no_grad():
        x, _, y = views(600)
        z = net(x)
        h, t = torch.cat([z, torch.ones(600, 1)], 1), F.one_hot(y, N_ID).float()
        w = torch.linalg.solve(h[:400].t() @ h[:400] + 0.5 * torch.eye(Z + 1), h[:400].t() @ t[:400])
        return (h[400:] @ w).argmax(1).eq(y[400:]).float().mean().item(), z.std(0).mean().item()


net = Encoder()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(300):
    a, b, _ = views(128)
    loss = vicreg(net(a), net(b))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 30 == 0 or step == 299:
        acc, spread = probe(net)
        print(f'{step:4d} vicreg {loss.item():.4f}  linear probe {acc:.3f}  embedding std {spread:.5f}')
