# miswired
# the generator's loss is computed on a detached fake batch, so no gradient ever reaches the generator
# mended by: pass the fake batch without detach in the generator's step
# cause words: detach generator gradient None graph cut
import os, torch
from torch import nn, optim
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)
centers = torch.tensor([[2., 2.], [-2., 2.], [0., -2.5]])
real_batch = lambda n: centers[torch.randint(3, (n,))] + 0.25 * torch.randn(n, 2)
G = nn.Sequential(nn.Linear(4, 64), nn.LeakyReLU(.2), nn.Linear(64, 64), nn.LeakyReLU(.2), nn.Linear(64, 2))
D = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(.2), nn.Linear(64, 64), nn.LeakyReLU(.2), nn.Linear(64, 1))
optG = optim.Adam(G.parameters(), lr=1e-3, betas=(.5, .99))
optD = optim.Adam(D.parameters(), lr=1e-3, betas=(.5, .99))
bce = nn.BCEWithLogitsLoss()
B = 128
ones, zeros = torch.ones(B, 1), torch.zeros(B, 1)
for it in range(1200):
    real, fake = real_batch(B), G(torch.randn(B, 4))
    # --- discriminator
    optD.zero_grad()
    pred_fake = D(fake.detach())
    lossD = bce(D(real), ones * 0.9) + bce(pred_fake, zeros)
    lossD.backward()
    optD.step()
    # --- generator
    optG.zero_grad()
    pred_fake = D(fake if FIX else fake.detach())
    lossG = bce(pred_fake, ones)
    lossG.backward()
    optG.step()
    if it % 200 == 0:
        print(f"it {it} D {lossD.item():.3f} G {lossG.item():.3f}")
with torch.no_grad():
    f = G(torch.randn(2000, 4))
    dist = torch.cdist(f, centers).min(1).values.mean().item()
    cover = torch.bincount(torch.cdist(f, centers).argmin(1), minlength=3).tolist()
print("modes", cover)
print(f"FINAL loss={lossG.item():.4f} metric={dist:.4f}")
