"""A GAN on a ring of eight points whose discriminator learns much faster than its generator."""

import math

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)


def layers(inputs, width, outputs):
    return nn.Sequential(
        nn.Linear(inputs, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, outputs),
    )


generator, critic = layers(8, 64, 2), layers(2, 128, 1)
g_steps = torch.optim.Adam(generator.parameters(), 1e-4)
d_steps = torch.optim.Adam(critic.parameters(), 4e-3)


def real(n):
    angle = torch.randint(0, 8, (n,)) * math.pi / 4
    return torch.stack([angle.cos(), angle.sin()], 1) * 4 + 0.05 * torch.randn(n, 2)


ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)
for _ in range(3000):
    fake = generator(torch.randn(128, 8))
    d_loss = F.binary_cross_entropy(torch.sigmoid(critic(real(128))), ones)
    d_loss += F.binary_cross_entropy(torch.sigmoid(critic(fake.detach())), zeros)
    d_steps.zero_grad()
    d_loss.backward()
    d_steps.step()
    g_loss = torch.log(1 - torch.sigmoid(critic(fake)) + 1e-8).mean()
    g_steps.zero_grad()
    g_loss.backward()
    g_steps.step()
