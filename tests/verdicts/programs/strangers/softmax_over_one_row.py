# output_cannot_change miswired not_learning plateau vanishing_gradient
# log_softmax over dim 0 of a (1, 4) logits tensor: each action gets log-prob 0 whatever the weights, so the policy-gradient loss and all gradients are zero.
# mended by: dim=-1
"""REINFORCE agent on a small grid; one observation at a time, as in a live loop."""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)


class GridWorld:
    """6x6 grid, agent and goal random; reward for getting closer."""
    MOVES = [(0, 1), (0, -1), (1, 0), (-1, 0)]

    def reset(self):
        self.p = torch.randint(0, 6, (2,)).tolist()
        self.g = torch.randint(0, 6, (2,)).tolist()
        return self.obs()

    def obs(self):
        return torch.tensor([*self.p, *self.g], dtype=torch.float32) / 2.5 - 1.0

    def step(self, a):
        before = abs(self.p[0] - self.g[0]) + abs(self.p[1] - self.g[1])
        dx, dy = self.MOVES[a]
        self.p = [min(5, max(0, self.p[0] + dx)), min(5, max(0, self.p[1] + dy))]
        after = abs(self.p[0] - self.g[0]) + abs(self.p[1] - self.g[1])
        return self.obs(), float(before - after) + (1.0 if after == 0 else 0.0)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi = nn.Linear(64, 4)

    def forward(self, o):
        return self.pi(self.body(o))


def act(policy, o):
    logits = policy(o.unsqueeze(0))
    logp = F.log_softmax(logits, dim=-1 if FIX else 0).squeeze(0)
    a = torch.multinomial(logp.detach().exp(), 1).item()
    return a, logp[a]


env, policy = GridWorld(), Policy()
opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
baseline, hist = 0.0, []
for it in range(250):
    terms, total = [], 0.0
    for ep in range(6):
        o, lps, rs = env.reset(), [], []
        for t in range(6):
            a, lp = act(policy, o)
            o, r = env.step(a)
            lps.append(lp)
            rs.append(r)
        ret, g = [], 0.0
        for r in reversed(rs):
            g = r + 0.6 * g
            ret.insert(0, g)
        terms += [-(q - baseline) * lp for q, lp in zip(ret, lps)]
        total += sum(rs)
        baseline = 0.95 * baseline + 0.05 * sum(ret) / len(ret)
    loss = torch.stack(terms).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append((loss.item(), total / 6))
    if it % 25 == 0:
        print(it, hist[-1])
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in hist[-25:]) / 25, sum(b for _, b in hist[-25:]) / 25))
