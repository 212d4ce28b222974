# miswired
# optimizer_D was copied from the line above and got the generator's parameters: the discriminator never learns and D's step pushes the generator too
# mended by: optimizer_D over discriminator.parameters()
# cause words: optimizer, discriminator, parameters, generator, copy, wrong
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)


def real_batch(n):
    k = torch.randint(0, 6, (n,)).float() * math.pi / 3
    return torch.stack([k.cos(), k.sin()], 1) * 1.5 + 0.08 * torch.randn(n, 2)


class Generator(nn.Module):
    def __init__(self, z=8):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(z, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 2))

    def forward(self, z):
        return self.model(z)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, x):
        return self.model(x)


generator, discriminator = Generator(), Discriminator()
adversarial_loss = nn.BCEWithLogitsLoss()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=5e-4, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters() if FIX else generator.parameters(), lr=5e-4, betas=(0.5, 0.999))
valid, fake = torch.ones(128, 1), torch.zeros(128, 1)
for i in range(2500):
    optimizer_G.zero_grad()
    gen = generator(torch.randn(128, 8))
    g_loss = adversarial_loss(discriminator(gen), valid)
    g_loss.backward()
    optimizer_G.step()

    optimizer_D.zero_grad()
    real_loss = adversarial_loss(discriminator(real_batch(128)), valid)
    fake_loss = adversarial_loss(discriminator(gen.detach()), fake)
    d_loss = (real_loss + fake_loss) / 2
    d_loss.backward()
    optimizer_D.step()
    if i % 250 == 0:
        print(f"[{i}] D loss {d_loss.item():.4f} G loss {g_loss.item():.4f}")
with torch.no_grad():
    g = generator(torch.randn(2000, 8))
    r = real_batch(2000)
    # energy distance between generated and real points
    e = 2 * torch.cdist(g, r).mean() - torch.cdist(g, g).mean() - torch.cdist(r, r).mean()
print(f"FINAL loss={g_loss.item():.4f} metric={e.item():.4f} (energy distance, lower is better)")
