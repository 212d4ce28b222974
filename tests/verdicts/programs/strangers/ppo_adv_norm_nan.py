# nonfinite
# the advantages of shape (N, 1) are normalised over dim 1: the standard deviation of a single number is NaN
# mended by: normalising over the batch
# cause words: std single advantage normalis dim NaN
import os
import torch
from torch import nn
from torch.distributions import Normal

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
torch.set_num_threads(1)


class LQ:
    def __init__(self, n):
        self.n = n

    def reset(self):
        self.x = torch.randn(self.n, 2)
        return self.x.clone()

    def step(self, u):
        cost = (self.x ** 2).sum(1, keepdim=True) + 0.1 * u ** 2
        a = torch.tensor([[1.0, 0.2], [0.0, 1.0]])
        self.x = (self.x @ a.T + u.clamp(-2, 2) * torch.tensor([[0.0, 0.5]])).clamp(-5, 5)
        return self.x.clone(), -cost * 0.1


policy = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
log_std = nn.Parameter(torch.zeros(1))
value = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
params = [*policy.parameters(), log_std, *value.parameters()]
optim = torch.optim.Adam(params, lr=2e-3)
env = LQ(32)


def normalise(adv):
    if FIX:
        return (adv - adv.mean()) / (adv.std() + 1e-8)
    return (adv - adv.mean(dim=1, keepdim=True)) / (adv.std(dim=1, keepdim=True) + 1e-8)


for it in range(60):
    s = env.reset()
    obs, act, logp, rew = [], [], [], []
    with torch.no_grad():
        for _ in range(15):
            d = Normal(policy(torch.nan_to_num(s)), log_std.exp().nan_to_num(1.0).clamp(min=1e-3), validate_args=False)
            a = d.sample()
            obs.append(s)
            act.append(a)
            logp.append(d.log_prob(a))
            s, r = env.step(a.nan_to_num())
            rew.append(r)
        ret, g = [], torch.zeros(32, 1)
        for r in rew[::-1]:
            g = r + 0.95 * g
            ret.insert(0, g)
        obs, act, logp, ret = map(torch.cat, (obs, act, logp, ret))
        adv = normalise(ret - value(obs))
    for epoch in range(6):
        for idx in torch.randperm(len(obs)).split(160):
            d = Normal(policy(obs[idx]), log_std.exp(), validate_args=False)
            ratio = (d.log_prob(act[idx]) - logp[idx]).exp()
            pl = -torch.min(ratio * adv[idx], ratio.clamp(0.8, 1.2) * adv[idx]).mean()
            vl = (value(obs[idx]) - ret[idx]).pow(2).mean()
            loss = pl + 0.5 * vl
            optim.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(params, 0.5)
            optim.step()
    if it % 10 == 0:
        print(f"iter {it} return {torch.stack(rew).sum(0).mean().item():.3f} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={torch.stack(rew).sum(0).mean().item():.4f} (return, more is better)")
