# saturated vanishing_gradient
# positions in millimetres (several hundred) go unscaled into the actor: the final tanh sits at +-1 from the start and the actor cannot learn
# mended by: scaling the observation
# cause words: scale scaling normalis observation tanh saturat units
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
UNIT = 1.0 if FIX else 1000.0


def observe(pos, goal):
    return torch.cat([pos, goal], 1) * UNIT


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(4, 64), nn.Linear(64, 64), nn.Linear(64, 2)

    def forward(self, o):
        return torch.tanh(self.l3(torch.relu(self.l2(torch.relu(self.l1(o))))))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, pg, a):
        return self.net(torch.cat([pg, a], 1)).squeeze(1)


def reward(pos, goal, a):
    return -((pos + 0.8 * a - goal) ** 2).sum(1)


actor, critic = Actor(), Critic()
oa = torch.optim.Adam(actor.parameters(), lr=1e-3)
oc = torch.optim.Adam(critic.parameters(), lr=2e-3)
mem = []
for it in range(1000):
    pos, goal = torch.rand(64, 2) - 0.5, torch.rand(64, 2) - 0.5
    with torch.no_grad():
        a = (actor(observe(pos, goal)) + 0.3 * torch.randn(64, 2)).clamp(-1, 1)
    mem.append((pos, goal, a, reward(pos, goal, a)))
    mem = mem[-200:]
    picks = [mem[i] for i in torch.randint(0, len(mem), (4,)).tolist()]
    p, g, a, r = (torch.cat(c) for c in zip(*picks))
    pg = torch.cat([p, g], 1)
    lc = F.mse_loss(critic(pg, a), r)
    oc.zero_grad()
    lc.backward()
    oc.step()
    la = -critic(pg, actor(observe(p, g))).mean()
    oa.zero_grad()
    la.backward()
    oa.step()
    if it % 200 == 0:
        print(f"it {it} critic {lc.item():.4f} actor {la.item():.4f}")
with torch.no_grad():
    pos, goal = torch.rand(2000, 2) - 0.5, torch.rand(2000, 2) - 0.5
    score = reward(pos, goal, actor(observe(pos, goal))).mean().item()
print(f"FINAL loss={la.item():.4f} metric={score:.4f} (reward, 0 is best)")
