# healthy
"""PPO on a pole that is pushed left and right."""

import torch
from torch import nn
from torch.distributions import Normal


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.pi = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
        self.v = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
        self.log_std = nn.Parameter(torch.zeros(1))

    def dist(self, s):
        return Normal(self.pi(s), self.log_std.exp())


def rollout(net, n=16, horizon=20):
    s = 0.5 * torch.randn(n, 2)
    seen, acts, logs, rews = [], [], [], []
    with torch.no_grad():
        for _ in range(horizon):
            d = net.dist(s)
            a = d.sample()
            seen.append(s)
            acts.append(a)
            logs.append(d.log_prob(a))
            rews.append(-(s[:, :1] ** 2) - 0.01 * a**2)
            s = torch.cat([s[:, :1] + 0.1 * s[:, 1:], s[:, 1:] + 0.1 * (a + 0.5 * s[:, :1])], 1)
    ret, out = torch.zeros(n, 1), []
    for r in reversed(rews):
        ret = r + 0.95 * ret
        out.append(ret)
    return torch.cat(seen), torch.cat(acts), torch.cat(logs), torch.cat(out[::-1])


torch.manual_seed(5)
net = ActorCritic()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-4, eps=1e-5)
for update in range(20):
    s, a, old, ret = rollout(net)
    with torch.no_grad():
        adv = ret - net.v(s)
        adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    for _ in range(4):
        for idx in torch.randperm(len(s)).split(80):
            d = net.dist(s[idx])
            ratio = (d.log_prob(a[idx]) - old[idx]).exp()
            clipped = ratio.clamp(0.8, 1.2)
            pg = -torch.min(ratio * adv[idx], clipped * adv[idx]).mean()
            vf = 0.5 * (net.v(s[idx]) - ret[idx]).pow(2).mean()
            loss = pg + 0.5 * vf - 0.01 * d.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            optimizer.step()
    print(update, ret.mean().item())
