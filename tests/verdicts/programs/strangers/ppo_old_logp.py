# miswired output_cannot_change
# the old log probability is the one just computed, taken off itself with gradient: ratio is the constant 1 and the surrogate has no gradient
# mended by: using the log probabilities stored while collecting
# cause words: ratio old log prob detach cancel constant stored
import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Normal
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); np.random.seed(0); torch.set_num_threads(1)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
        self.critic = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
        self.log_std = nn.Parameter(torch.zeros(1) - 0.5)

    def dist(self, s):
        return Normal(self.actor(s), self.log_std.exp())


class PointMass:
    """n masses on a line pushed to a goal; state: pos, vel, goal, time"""
    def __init__(self, n):
        self.n = n

    def reset(self):
        self.p, self.v, self.g, self.t = torch.randn(self.n), torch.zeros(self.n), torch.randn(self.n), 0
        return self.state()

    def state(self):
        return torch.stack([self.p, self.v, self.g, torch.full((self.n,), self.t / 10)], 1)

    def step(self, a):
        self.v = 0.5 * self.v + a.squeeze(1).clamp(-2, 2) * 0.5
        self.p = self.p + self.v; self.t += 1
        return self.state(), -(self.p - self.g).abs(), self.t >= 10


ac, env = ActorCritic(), PointMass(32)
opt = torch.optim.Adam(ac.parameters(), lr=3e-3)
hist = []
for it in range(70):
    S, A, LP, R, s, done = [], [], [], [], env.reset(), False
    while not done:
        with torch.no_grad():
            d = ac.dist(s); a = d.sample()
        S.append(s); A.append(a); LP.append(d.log_prob(a).sum(1))
        s, r, done = env.step(a)
        R.append(r)
    G, g = [], torch.zeros(32)
    for r in reversed(R):
        g = r + 0.9 * g
        G.insert(0, g)
    S, A, LP, G = torch.cat(S), torch.cat(A), torch.cat(LP), torch.cat(G)
    hist.append(torch.stack(R).mean().item())
    for _ in range(5):
        for b in torch.randperm(320).split(80):
            logp = ac.dist(S[b]).log_prob(A[b]).sum(1)
            old = LP[b] if FIX else ac.dist(S[b]).log_prob(A[b]).sum(1)
            value = ac.critic(S[b]).squeeze(1)
            adv = G[b] - value.detach()
            adv = (adv - adv.mean()) / (adv.std() + 1e-8)
            ratio = (logp - old).exp()
            pg = -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
            loss = pg + 0.5 * (value - G[b]).pow(2).mean()
            opt.zero_grad(); loss.backward(); opt.step()
    if it % 10 == 0:
        print(f"iter {it} reward {hist[-1]:.3f} pg {pg.item():.4f} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={np.mean(hist[-10:]):.4f}")
