# badly_scaled
# molecular graphs: total energies in kJ/mol as they come (-40000 +- 15000) as the target of a squared error, not standardised
# mended by: standardising the energies with the training set's mean and deviation
# cause words: target targets scale standardise standardize normalise normalize units
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, ATOMS, KINDS = 3000, 9, 4
z = torch.randint(0, KINDS, (N, ATOMS))
adj = (torch.rand(N, ATOMS, ATOMS) < 0.3).float().triu(1)
adj = adj + adj.transpose(1, 2)
e_atom = torch.tensor([-1500.0, -3500.0, -5000.0, -9000.0])
e_bond = -300 * torch.rand(KINDS, KINDS)
pair = (e_bond + e_bond.T)[z[:, :, None], z[:, None]]
energy = e_atom[z].sum(1) + 2 * (adj * pair).sum((1, 2)) / 2
mean, std = (energy[:2500].mean(), energy[:2500].std()) if FIX else (0.0, 1.0)


class MPNN(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(KINDS, d)
        self.msg = nn.ModuleList(nn.Linear(2 * d, d) for _ in range(2))
        self.out = nn.Sequential(nn.Linear(d, d), nn.SiLU(), nn.Linear(d, 1))

    def forward(self, z, a):
        h = self.emb(z)
        for m in self.msg:
            h = h + F.silu(m(torch.cat([h, a @ h], -1)))
        return self.out(h).sum(1).squeeze(-1)


net = MPNN()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
tr = TensorDataset(z[:2500], adj[:2500], energy[:2500])
for epoch in range(30):
    for zb, ab, eb in DataLoader(tr, batch_size=64, shuffle=True):
        loss = F.mse_loss(net(zb, ab), (eb - mean) / std)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.5g}")
with torch.no_grad():
    p = net(z[2500:], adj[2500:]) * std + mean
    r2 = 1 - F.mse_loss(p, energy[2500:]).item() / energy[2500:].var().item()
print(f"FINAL loss={loss.item():.5g} metric={r2:.4f} (test r2)")
