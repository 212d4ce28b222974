# miswired
# Codebook term of the VQ loss detaches the codebook (both terms pull the encoder), so the codebook never gets a gradient and stays at its random init: reconstructions stay coarse.
# mended by: detaching the encoder output in the codebook term: mse(q, z.detach()) + beta * mse(z, q.detach())
# cause words: codebook, detach, gradient, None, embedding, never updated, commitment, frozen
import math, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
def spectra(n, g):
    x = torch.linspace(0, 1, 48)
    kind = torch.randint(0, 12, (n,), generator=g)
    c1, c2 = 0.15 + 0.06 * kind.float(), 0.9 - 0.05 * kind.float()
    jit = 0.01 * torch.randn(n, 2, generator=g)
    y = torch.exp(-((x - (c1 + jit[:, 0])[:, None]) / 0.05) ** 2)
    y = y - 0.7 * torch.exp(-((x - (c2 + jit[:, 1])[:, None]) / 0.08) ** 2)
    return y + 0.02 * torch.randn(n, 48, generator=g)
class Quantizer(nn.Module):
    def __init__(self, k, d, beta=0.25):
        super().__init__()
        self.book = nn.Embedding(k, d)
        nn.init.uniform_(self.book.weight, -1 / k, 1 / k)
        self.beta = beta
    def forward(self, z):
        dist = torch.cdist(z, self.book.weight)
        idx = dist.argmin(-1)
        q = self.book(idx)
        if FIX:
            loss = F.mse_loss(q, z.detach()) + self.beta * F.mse_loss(z, q.detach())
        else:
            loss = F.mse_loss(q.detach(), z) + self.beta * F.mse_loss(z, q.detach())
        q = z + (q - z).detach()
        return q, loss, idx
class VQVAE(nn.Module):
    def __init__(self, d=8, slots=2, k=32):
        super().__init__()
        self.d, self.slots = d, slots
        self.enc = nn.Sequential(nn.Linear(48, 96), nn.GELU(), nn.Linear(96, d * slots))
        self.vq = Quantizer(k, d)
        self.dec = nn.Sequential(nn.Linear(d * slots, 96), nn.GELU(), nn.Linear(96, 48))
    def forward(self, x):
        z = self.enc(x).view(-1, self.d)
        q, vq_loss, idx = self.vq(z)
        return self.dec(q.view(len(x), -1)), vq_loss, idx
g = torch.Generator().manual_seed(0)
train, test = spectra(4096, g), spectra(512, g)
net = VQVAE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(900):
    xb = train[torch.randint(0, len(train), (128,), generator=g)]
    rec, vq_loss, idx = net(xb)
    rec_loss = F.mse_loss(rec, xb)
    loss = rec_loss + vq_loss
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if step % 100 == 0:
        used = idx.unique().numel()
        print(f"step {step} rec {rec_loss.item():.4f} vq {vq_loss.item():.5f} codes used {used}")
with torch.no_grad():
    rec, vq_loss, _ = net(test)
    mse = F.mse_loss(rec, test).item()
print(f"FINAL loss={mse + vq_loss.item():.4f} metric={1 - mse / test.var().item():.4f}")
