# nonfinite
# REINFORCE whitens the returns of an episode by their std; now and then an episode has one step and the std of one number is NaN
# mended by: whitening only if there are at least two steps (else left as it is)
# cause words: std single one length episode returns
import os
import random
import torch
from torch import nn
from torch.distributions import Bernoulli

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(66)
random.seed(66)


class Balance:
    """1-D pole: stay within |x| < 1, action pushes left or right"""

    def reset(self):
        self.x, self.v, self.t = random.uniform(-.6, .6), random.uniform(-.3, .3), 0
        return self.obs()

    def obs(self):
        return torch.tensor([self.x, self.v])

    def step(self, a):
        self.v += 0.12 * (1 if a else -1) + 0.08 * self.x + random.gauss(0, 0.03)
        self.x += self.v
        self.t += 1
        return self.obs(), 1.0, abs(self.x) > 1, self.t >= 40


class Agent:
    def __init__(self):
        self.pi = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
        self.opt = torch.optim.Adam(self.pi.parameters(), lr=1e-2)

    def episode(self, env):
        s, lp, rew = env.reset(), [], []
        while True:
            logit = self.pi(s)
            if torch.isfinite(logit).all():
                a = (torch.rand(1) < torch.sigmoid(logit.detach())).float()
            else:
                a = torch.ones(1)
            lp.append(-nn.functional.binary_cross_entropy_with_logits(logit, a))
            s, r, done, cut = env.step(a.item() > 0.5)
            rew.append(r)
            if done or cut:
                return lp, rew

    def learn(self, lp, rew):
        G, out = 0.0, []
        for r in reversed(rew):
            G = r + 0.9 * G
            out.append(G)
        R = torch.tensor(out[::-1])
        if not FIX or len(R) > 1:
            R = (R - R.mean()) / (R.std() + 1e-6)
        loss = -(torch.stack(lp) * R).sum()
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return loss.item()


env, ag, lens = Balance(), Agent(), []
for ep in range(500):
    lp, rew = ag.episode(env)
    lens.append(len(rew))
    loss = ag.learn(lp, rew)
    if ep % 50 == 0:
        print(f"episode {ep} length {sum(lens[-50:]) / len(lens[-50:]):.1f} loss {loss:.4f}")
print(f"FINAL loss={loss:.4f} metric={sum(lens[-100:]) / 100:.2f}")
