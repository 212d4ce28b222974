# not_learning miswired
# policy gradient: loss = (log_prob * return).sum() without the minus sign, the agent learns to avoid reward
# mended by: the minus sign
# cause words: sign, minus, negative, ascent
# thread: "REINFORCE reward goes down, CartPole-like"
import os
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Pole:
    """batch of simple unstable systems, reward 1 for each step upright"""
    def __init__(self, n=24):
        self.n = n

    def reset(self):
        self.s = 0.1 * torch.randn(self.n, 2)
        self.alive = torch.ones(self.n)
        return self.s

    def step(self, a):
        th, w = self.s[:, 0], self.s[:, 1]
        w = w + 0.1 * (4 * th + (a.float() * 2 - 1) * 3)
        th = th + 0.1 * w
        self.s = torch.stack([th, w], 1)
        self.alive = self.alive * (th.abs() < 0.6).float()
        return self.s.clamp(-3, 3), self.alive.clone()


policy = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
env, last = Pole(), []
for ep in range(160):
    s = env.reset()
    logps, rs, al = [], [], []
    for t in range(40):
        d = Categorical(logits=policy(s))
        a = d.sample()
        al.append(env.alive.clone())
        logps.append(d.log_prob(a))
        s, r = env.step(a)
        rs.append(r)
    R, rets = torch.zeros(env.n), []
    for r in reversed(rs):
        R = r + 0.97 * R
        rets.insert(0, R)
    G, m = torch.stack(rets), torch.stack(al)
    A = (G - G[m > 0].mean()) / (G[m > 0].std() + 1e-6)
    obj = (torch.stack(logps) * A * m).sum() / m.sum()
    loss = -obj if FIX else obj
    opt.zero_grad()
    loss.backward()
    opt.step()
    last.append(torch.stack(rs).sum(0).mean().item())
    if ep % 16 == 0:
        print(f"episode {ep} loss {loss.item():.4f} mean length {last[-1]:.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(last[-10:]) / 10:.3f}")
