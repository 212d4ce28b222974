# miswired
# VQ-VAE: codebook loss and commitment loss both detach the codes (copy-paste), so the codebook never gets a gradient and stays at its random start
# mended by: codebook loss mse(z_q, z_e.detach())
# cause words: codebook detach commitment stop gradient codes
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(26); torch.set_num_threads(1)

class VectorQuantizer(nn.Module):
    def __init__(self, K=32, d=8, beta=0.25):
        super().__init__()
        self.codebook = nn.Embedding(K, d)
        nn.init.uniform_(self.codebook.weight, -1 / K, 1 / K)
        self.beta = beta
    def forward(self, z):
        idx = torch.cdist(z, self.codebook.weight).argmin(-1)
        zq = self.codebook(idx)
        commit = F.mse_loss(z, zq.detach())
        book = F.mse_loss(zq, z.detach()) if FIX else F.mse_loss(zq.detach(), z)
        return z + (zq - z).detach(), book + self.beta * commit, idx

class VQVAE(nn.Module):
    def __init__(self, d=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv1d(1, 32, 4, 2, 1), nn.ReLU(), nn.Conv1d(32, 32, 4, 2, 1), nn.ReLU(), nn.Conv1d(32, d, 1))
        self.vq = VectorQuantizer(d=d)
        self.dec = nn.Sequential(nn.ConvTranspose1d(d, 32, 4, 2, 1), nn.ReLU(), nn.ConvTranspose1d(32, 1, 4, 2, 1))
    def forward(self, x):
        z = self.enc(x[:, None]).transpose(1, 2)
        zq, l, idx = self.vq(z)
        return self.dec(zq.transpose(1, 2)).squeeze(1), l, idx

motifs = torch.randn(10, 4)
def signal(n):
    return motifs[torch.randint(0, 10, (n, 8))].flatten(1) + 0.05 * torch.randn(n, 32)

model = VQVAE()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for s in range(1800):
    x = signal(64)
    xr, lq, idx = model(x)
    rec = F.mse_loss(xr, x)
    loss = rec + lq
    opt.zero_grad(); loss.backward(); opt.step()
    if s % 200 == 0:
        print(f"step {s} rec {rec.item():.4f} vq {lq.item():.4f} codes {len(idx.unique())}")
with torch.no_grad():
    x = signal(500); m = F.mse_loss(model(x)[0], x).item() / x.var().item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f}")
