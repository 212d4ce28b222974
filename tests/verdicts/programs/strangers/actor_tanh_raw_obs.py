# saturated
# deterministic actor-critic (TD3-like, one-step control): observations in raw sensor units (hundreds) go into tanh layers, which sit at their flat ends
# mended by: observations divided by their standard deviation
# cause words: tanh saturat observation normalis scale
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
OD, AD = 6, 2
K = torch.randn(OD, AD) / OD ** 0.5


def observe(n):
    return torch.randn(n, OD) * 400


def reward(o, a):
    return -((a - 0.8 * torch.tanh((o / 400) @ K)) ** 2).sum(1)


def prep(o):
    return o / 400 if FIX else o


actor = nn.Sequential(nn.Linear(OD, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, AD), nn.Tanh())
critic = nn.Sequential(nn.Linear(OD + AD, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
ao = torch.optim.Adam(actor.parameters(), lr=1e-3)
co = torch.optim.Adam(critic.parameters(), lr=2e-3)
for step in range(1500):
    o = observe(128)
    with torch.no_grad():
        a = (actor(prep(o)) + 0.3 * torch.randn(128, AD)).clamp(-1, 1)
    q = critic(torch.cat([prep(o), a], 1)).squeeze(1)
    closs = ((q - reward(o, a)) ** 2).mean()
    co.zero_grad()
    closs.backward()
    co.step()
    if step % 2 == 0:
        aloss = -critic(torch.cat([prep(o), actor(prep(o))], 1)).mean()
        ao.zero_grad()
        aloss.backward()
        ao.step()
    if step % 250 == 0:
        print(step, closs.item(), aloss.item())
with torch.no_grad():
    o = observe(4000)
    r = reward(o, actor(prep(o))).mean()
print(f"FINAL loss={closs.item():.4f} metric={r.item():.4f}")
