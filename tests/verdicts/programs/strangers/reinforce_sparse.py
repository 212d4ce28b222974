# healthy
# REINFORCE on a small corridor with sparse reward: the surrogate loss is noise around zero the whole time and many steps have zero gradient, but the return rises
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(1)
N, T = 7, 20


def run(pol, envs):
    pos = torch.randint(1, N - 1, (envs,))
    goal = torch.randint(0, 2, (envs,)) * (N - 1)
    lp, alive, R, ent = torch.zeros(envs), torch.ones(envs), torch.zeros(envs), 0
    for t in range(T):
        s = torch.zeros(envs, N + 2)
        s[torch.arange(envs), pos] = 1
        s[torch.arange(envs), N + (goal > 0).long()] = 1
        d = Categorical(logits=pol(s))
        a = d.sample()
        lp = lp + d.log_prob(a) * alive
        ent = ent + (d.entropy() * alive).mean() / T
        pos = torch.where(alive > 0, (pos + 2 * a - 1).clamp(0, N - 1), pos)
        R = R + alive * (pos == goal).float() * 0.97 ** t
        alive = alive * ((pos != 0) & (pos != N - 1)).float()
    return lp, R, ent


pol = nn.Sequential(nn.Linear(N + 2, 32), nn.Tanh(), nn.Linear(32, 2))
opt = torch.optim.Adam(pol.parameters(), lr=5e-3)
base, avg = 0.0, 0.0
for it in range(600):
    lp, R, ent = run(pol, 8)
    loss = -((R - base) * lp).mean() - 0.01 * ent
    opt.zero_grad()
    loss.backward()
    opt.step()
    base = 0.95 * base + 0.05 * R.mean().item()
    if it % 100 == 0:
        print(f"it {it} loss {loss.item():+.4f} return {base:.3f}")
with torch.no_grad():
    _, R, _ = run(pol, 2000)
print(f"FINAL loss={loss.item():.4f} metric={R.mean().item():.3f}")
