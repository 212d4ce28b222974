# miswired output_cannot_change
# the old log-probabilities are computed again inside the update with the current network and without no_grad: the ratio is 1 with gradient exactly zero, the policy never moves
# mended by: the log-probabilities stored at sampling time
# cause words: ratio old log_prob detach same
import os
import torch
import torch.nn as nn
from torch.distributions import Normal

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.mu = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))
        self.log_std = nn.Parameter(torch.full((2,), -0.5))
        self.v = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))

    def dist(self, s):
        return Normal(self.mu(s), self.log_std.exp())


def rollout(pol, envs=32, T=12):
    pos, goal = torch.randn(envs, 2), torch.randn(envs, 2)
    S, A, LP, R = [], [], [], []
    for _ in range(T):
        s = torch.cat([pos, goal], 1)
        d = pol.dist(s)
        a = d.sample()
        pos = pos + 0.4 * a.clamp(-2, 2)
        S.append(s), A.append(a), LP.append(d.log_prob(a).sum(-1)), R.append(-(pos - goal).norm(dim=1))
    G, ret = torch.zeros(envs), []
    for r in reversed(R):
        G = r + 0.8 * G
        ret.insert(0, G)
    return torch.cat(S), torch.cat(A), torch.cat(LP), torch.cat(ret), torch.stack(R).mean().item()


pol = Policy()
opt = torch.optim.Adam([{"params": list(pol.mu.parameters()) + [pol.log_std], "lr": 3e-3}, {"params": pol.v.parameters(), "lr": 5e-3}])
for it in range(60):
    with torch.no_grad():
        S, A, LP, RET, score = rollout(pol)
        adv = RET - pol.v(S)[:, 0]
        adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    for _ in range(5):
        for idx in torch.randperm(len(S)).split(128):
            lp = pol.dist(S[idx]).log_prob(A[idx]).sum(-1)
            old = LP[idx] if FIX else pol.dist(S[idx]).log_prob(A[idx]).sum(-1)
            ratio = (lp - old).exp()
            pg = -torch.min(ratio * adv[idx], ratio.clamp(0.8, 1.2) * adv[idx]).mean()
            vf = (pol.v(S[idx])[:, 0] - RET[idx]).pow(2).mean()
            loss = pg + 0.5 * vf
            opt.zero_grad()
            loss.backward()
            opt.step()
    if it % 10 == 0:
        print(f"iter {it} reward {score:.3f} value loss {vf.item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={score:.3f}")
