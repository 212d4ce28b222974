# not_learning saturated plateau vanishing_gradient miswired
# Entropy term has the wrong sign: entropy is minimised, the policy becomes deterministic early and stops exploring (reward stays near 0.57).
# mended by: ENT_COEF = -0.3
import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
ENT_COEF = -0.3 if FIX else 0.3
torch.manual_seed(0)


class Bandit:
    def __init__(self, n_arms=8, dim=6, seed=0):
        self.r = np.random.default_rng(seed)
        self.W = self.r.normal(size=(dim, n_arms))

    def contexts(self, n):
        return torch.tensor(self.r.normal(size=(n, self.W.shape[0])), dtype=torch.float32)

    def pull(self, c, a):
        u = c.numpy() @ self.W
        best = u.argmax(1)
        return torch.tensor((best == a.numpy()) + 0.1 * self.r.normal(size=len(a)), dtype=torch.float32)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 64), nn.Tanh())
        self.logits = nn.Linear(64, 8)

    def forward(self, c):
        return Categorical(logits=self.logits(self.body(c)))


env, pi = Bandit(), Policy()
opt = torch.optim.Adam(pi.parameters(), lr=5e-3)
baseline, losses, rewards = 0.0, [], []
for it in range(700):
    c = env.contexts(64)
    dist = pi(c)
    a = dist.sample()
    rew = env.pull(c, a)
    adv = rew - baseline
    baseline = 0.95 * baseline + 0.05 * rew.mean().item()
    loss = -(adv * dist.log_prob(a)).mean() + ENT_COEF * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    losses.append(loss.item())
    rewards.append(rew.mean().item())
    if it % 70 == 0:
        print(f"it {it} loss {loss.item():.4f} reward {rewards[-1]:.3f} entropy {dist.entropy().mean().item():.3f}")
with torch.no_grad():
    c = env.contexts(3000)
    score = env.pull(c, pi(c).probs.argmax(1)).mean().item()
print(f"FINAL loss={np.mean(losses[-70:]):.4f} metric={score:.4f}")
