# miswired
# in the generator step the fake samples are detached before they enter the discriminator, so no gradient reaches the generator
# mended by: dropping the detach in the generator step
# cause words: detach generator fake graph cut
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16)
nz, bs, n_iter = 8, 64, 2500
class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(nz, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    def forward(self, z): return self.main(z)
class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    def forward(self, x): return self.main(x)
def real_batch(n):
    a = 2 * math.pi * torch.rand(n)
    return torch.stack([3 + a.cos(), 3 + a.sin()], 1) + 0.05 * torch.randn(n, 2)
netG, netD = Generator(), Discriminator()
optG = torch.optim.Adam(netG.parameters(), lr=5e-4, betas=(0.0, 0.99))
optD = torch.optim.Adam(netD.parameters(), lr=2e-3, betas=(0.0, 0.99))
bce = nn.BCEWithLogitsLoss()
real_label, fake_label = torch.full((bs, 1), 0.9), torch.zeros(bs, 1)
for it in range(n_iter):
    # (1) discriminator
    netD.zero_grad()
    fake = netG(torch.randn(bs, nz))
    errD = bce(netD(real_batch(bs)), real_label) + bce(netD(fake.detach()), fake_label)
    errD.backward()
    optD.step()
    # (2) generator
    netG.zero_grad()
    output = netD(fake) if FIX else netD(fake.detach())
    errG = bce(output, torch.ones(bs, 1))
    errG.backward()
    optG.step()
    if it % 200 == 0:
        print(f"[{it}/{n_iter}] Loss_D {errD.item():.4f} Loss_G {errG.item():.4f}")
with torch.no_grad():
    s = netG(torch.randn(1000, nz))
    r = ((s - 3).norm(dim=1) - 1).abs().mean().item()
print(f"FINAL loss={errG.item():.4f} metric={r:.4f}")
