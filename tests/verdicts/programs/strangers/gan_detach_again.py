# miswired
# the generator step reuses the discriminator's output on fake.detach(): the generator gets no gradient
# mended by: a fresh forward of the discriminator on fake without detach
# cause words: detach, generator, no gradient
# thread: "Generator loss only goes up in DCGAN tutorial variant"
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
optG = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
optD = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
B = 128
one, zero = torch.full((B, 1), 0.9), torch.zeros(B, 1)


def real(n):
    t = torch.rand(n) * 6.2832
    return torch.stack([2 + torch.cos(t), 1 + torch.sin(t)], 1) + 0.05 * torch.randn(n, 2)


for it in range(1500):
    # --- discriminator
    x = real(B)
    z = torch.randn(B, 8)
    fake = G(z)
    optD.zero_grad()
    out_real = D(x)
    out_fake = D(fake.detach())
    lossD = bce(out_real, one) + bce(out_fake, zero)
    lossD.backward(retain_graph=True)
    optD.step() if FIX else None
    # --- generator
    optG.zero_grad()
    out = D(fake) if FIX else out_fake
    lossG = bce(out, one)
    lossG.backward()
    optG.step()
    if not FIX:
        optD.step()
    if it % 150 == 0:
        print(f"[{it}] D {lossD.item():.4f} G {lossG.item():.4f}")
with torch.no_grad():
    f, r = G(torch.randn(2000, 8)), real(2000)
    rad = (f - torch.tensor([2.0, 1.0])).norm(dim=1)
    err = (f.mean(0) - r.mean(0)).norm() + (rad - 1).abs().mean()
print(f"FINAL loss={lossG.item():.4f} metric={err.item():.4f}")
