# healthy
"""WGAN with gradient penalty on two moons."""

import torch
from torch import autograd, nn


class Generator(nn.Module):
    def __init__(self, z=4, h=48):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(z, h), nn.ReLU(True), nn.Linear(h, h), nn.ReLU(True), nn.Linear(h, 2)
        )

    def forward(self, noise):
        return self.main(noise)


class Critic(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.main = nn.Sequential(
            nn.Linear(2, h), nn.LeakyReLU(0.2), nn.Linear(h, h), nn.LeakyReLU(0.2), nn.Linear(h, 1)
        )

    def forward(self, x):
        return self.main(x).view(-1)


def moons(n):
    t = torch.pi * torch.rand(n)
    up = torch.rand(n) < 0.5
    x = torch.where(up, t.cos(), 1 - t.cos())
    y = torch.where(up, t.sin(), 0.5 - t.sin())
    return torch.stack([x, y], 1) + 0.05 * torch.randn(n, 2)


def penalty(critic, real, fake):
    alpha = torch.rand(len(real), 1)
    mix = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    (grad,) = autograd.grad(critic(mix).sum(), mix, create_graph=True)
    return ((grad.norm(2, dim=1) - 1) ** 2).mean() * 10


torch.manual_seed(9)
G, D = Generator(), Critic()
opt_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.9))
opt_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.9))
for iteration in range(80):
    for _ in range(3):
        real = moons(64)
        fake = G(torch.randn(64, 4)).detach()
        opt_d.zero_grad()
        d_loss = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        d_loss.backward()
        opt_d.step()
    opt_g.zero_grad()
    g_loss = -D(G(torch.randn(64, 4))).mean()
    g_loss.backward()
    opt_g.step()
    if iteration % 20 == 0:
        print(iteration, d_loss.item(), g_loss.item())
