# badly_scaled
# molecular energies are regressed in absolute units (total energy around -40000 with a spread of about 900), so the MSE and its gradients are enormous and Adam at 1e-3 never gets there
# mended by: subtract the mean and divide by the standard deviation of the training energies
# cause words: scale, units, normalise, standardise, offset, target
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(24)
AT, NT = 9, 4
self_energy = torch.tensor([-4000.0, -4700.0, -4300.0, -4500.0])

def molecules(n):
    z = torch.randint(0, NT, (n, AT))
    r = torch.randn(n, AT, 3)
    d = torch.cdist(r, r) + 9 * torch.eye(AT)
    pair = -100 * torch.exp(-d).sum((1, 2))
    return z, torch.exp(-d), self_energy[z].sum(1) + pair

class SchNetLite(nn.Module):
    def __init__(self, h=32):
        super().__init__()
        self.emb = nn.Embedding(NT, h)
        self.upd = nn.Sequential(nn.Linear(2 * h + 1, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU())
        self.out = nn.Linear(h, 1)
    def forward(self, z, k):
        x = self.emb(z)
        m = torch.cat([x, k @ x, k.sum(2, keepdim=True)], 2)
        return self.out(self.upd(m)).sum(1)[:, 0]

z, k, e = molecules(2000)
zt, kt, et = molecules(400)
mu, sd = (e.mean(), e.std()) if FIX else (torch.tensor(0.0), torch.tensor(1.0))
net = SchNetLite()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for ep in range(16):
    for b in torch.randperm(2000).split(32):
        loss = F.mse_loss(net(z[b], k[b]), (e[b] - mu) / sd)
        opt.zero_grad(); loss.backward(); opt.step()
    print(f"epoch {ep} mse {loss.item():.5g}")
with torch.no_grad():
    p = net(zt, kt) * sd + mu
    r2 = 1 - F.mse_loss(p, et).item() / et.var().item()
print(f"FINAL loss={loss.item():.5g} metric={r2:.3f}")
