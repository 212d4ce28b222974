# saturated
# actor-critic with a tanh actor, the observations (position in mm, hundreds) are not normalised: hidden and output tanh are at +-1, the actor has no gradient
# mended by: observations divided by their scale
# cause words: tanh saturat observation normalis scale input
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def sample_env(n):
    """One-step reaching: target position in mm, the right torque is a smooth function of it."""
    s = torch.rand(n, 3) * 1600 - 800
    return s


def reward(s, a):
    u = s / 800
    best = torch.stack([0.6 * torch.sin(2 * u[:, 0]) + 0.3 * u[:, 1], 0.5 * u[:, 2] - 0.4 * u[:, 0] * u[:, 1]], 1)
    return 1 - (a - best).pow(2).sum(1) * 4


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(3, 64), nn.Linear(64, 64), nn.Linear(64, 2)

    def forward(self, s):
        if FIX:
            s = s / 800
        return torch.tanh(self.l3(torch.tanh(self.l2(torch.tanh(self.l1(s))))))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, 1))

    def forward(self, s, a):
        if FIX:
            s = s / 800
        return self.net(torch.cat([s, a], 1))[:, 0]


actor, critic = Actor(), Critic()
oa = torch.optim.Adam(actor.parameters(), lr=1e-3)
oc = torch.optim.Adam(critic.parameters(), lr=2e-3)
for step in range(1400):
    s = sample_env(128)
    with torch.no_grad():
        a = (actor(s) + 0.4 * torch.randn(128, 2)).clamp(-1, 1)
    c_loss = F.mse_loss(critic(s, a), reward(s, a))
    oc.zero_grad()
    c_loss.backward()
    oc.step()
    a_loss = -critic(s, actor(s)).mean()
    oa.zero_grad()
    a_loss.backward()
    oa.step()
    if step % 200 == 0:
        print(f"step {step} critic {c_loss.item():.4f} actor {a_loss.item():.4f}")
s = sample_env(2000)
with torch.no_grad():
    R = reward(s, actor(s)).mean().item()
print(f"FINAL loss={c_loss.item():.4f} metric={R:.3f}")
