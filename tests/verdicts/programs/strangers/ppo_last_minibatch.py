# nonfinite
# rollout of 257 steps in minibatches of 64: the last minibatch has one sample, the standard deviation of one advantage is NaN
# mended by: advantages are only normalised when the minibatch has more than one sample
# cause words: std advantage minibatch one single normalis
import os
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Chain:
    """Balance task: keep the position near the moving goal."""
    def reset(self):
        self.p, self.g, self.t = torch.randn(()) * 2, torch.randn(()) * 2, 0
        return self.obs()

    def obs(self):
        return torch.stack([self.p, self.g, self.g - self.p])

    def step(self, a):
        self.p = self.p + (float(a) - 1) * 0.4
        self.t += 1
        return self.obs(), -float((self.g - self.p).abs()), self.t >= 16


class AC(nn.Module):
    def __init__(self):
        super().__init__()
        self.pi = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 3))
        self.v = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))


env, ac = Chain(), AC()
opt = torch.optim.Adam(ac.parameters(), lr=3e-3)
N_STEPS, BATCH = 257, 64
o, ret = env.reset(), []
for it in range(25):
    O, A, LP, R, D, V = [], [], [], [], [], []
    with torch.no_grad():
        for _ in range(N_STEPS):
            logits = torch.nan_to_num(ac.pi(o))
            dist = Categorical(logits=logits)
            a = dist.sample()
            O.append(o), A.append(a), LP.append(dist.log_prob(a)), V.append(ac.v(o)[0])
            o, r, d = env.step(a)
            R.append(r), D.append(d)
            if d:
                o = env.reset()
        adv, last, nextv = torch.zeros(N_STEPS), 0.0, ac.v(o)[0]
        for t in reversed(range(N_STEPS)):
            m = 0.0 if D[t] else 1.0
            delta = R[t] + 0.95 * nextv * m - V[t]
            last = delta + 0.95 * 0.9 * m * last
            adv[t], nextv = last, V[t]
        O, A, LP, V = torch.stack(O), torch.stack(A), torch.stack(LP), torch.stack(V)
        target = adv + V
    for _ in range(4):
        for idx in torch.randperm(N_STEPS).split(BATCH):
            ad = adv[idx]
            if len(idx) > 1 or not FIX:
                ad = (ad - ad.mean()) / (ad.std() + 1e-8)
            lp_all = torch.log_softmax(ac.pi(O[idx]), -1)
            lp = lp_all.gather(1, A[idx, None])[:, 0]
            ratio = (lp - LP[idx]).exp()
            pl = -torch.min(ratio * ad, ratio.clamp(0.8, 1.2) * ad).mean()
            vl = (ac.v(O[idx])[:, 0] - target[idx]).pow(2).mean()
            loss = pl + 0.5 * vl
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(ac.parameters(), 0.5)
            opt.step()
    ret.append(sum(R) / N_STEPS)
    if it % 5 == 0:
        print(f"iter {it} reward {ret[-1]:.3f} loss {loss.item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={ret[-1]:.3f}")
