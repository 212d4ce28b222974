# badly_scaled
# message passing net for molecular energies is trained on raw total energies in cm^-1 (about -2e5) summed over atoms, no reference energies removed
# mended by: per-atom mean subtracted and divided by the standard deviation
# cause words: scal normal standard units target energy
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class MPNN(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.emb = nn.Embedding(4, h)
        self.msg = nn.ModuleList(nn.Linear(2 * h, h) for _ in range(2))
        self.read = nn.Sequential(nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 1))

    def forward(self, z, A):
        h = self.emb(z)
        for m in self.msg:
            h = h + F.silu(m(torch.cat([h, A @ h], -1)))
        return self.read(h).sum((1, 2))


atom = torch.tensor([-5000.0, -38000.0, -54000.0, -75000.0])
pair = torch.randn(4, 4) * 1500
pair = pair + pair.t()


def molecules(n, N=9):
    z = torch.randint(0, 4, (n, N))
    A = torch.bernoulli(torch.full((n, N, N), 0.15)).triu(1)
    A = A + A.transpose(1, 2)
    e = atom[z].sum(1) + 0.5 * (A * pair[z[:, :, None], z[:, None, :]]).sum((1, 2))
    return z, A, e


Z, A, E = molecules(2000)
count = F.one_hot(Z, 4).float().sum(1)
ref = torch.linalg.lstsq(count, E[:, None]).solution[:, 0]
std = (E - count @ ref).std()
if FIX:
    target = lambda z, e: (e - F.one_hot(z, 4).float().sum(1) @ ref) / std
else:
    target = lambda z, e: e
model = MPNN()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(40):
    for i in torch.randperm(2000).split(64):
        loss = F.mse_loss(model(Z[i], A[i]), target(Z[i], E[i]))
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {loss.item():.4g}")
z, a, e = molecules(500)
with torch.no_grad():
    err = (model(z, a) - target(z, e)).pow(2).mean().sqrt() * (std if FIX else 1.0)
print(f"FINAL loss={loss.item():.4g} metric={(err / std).item():.4f}")
