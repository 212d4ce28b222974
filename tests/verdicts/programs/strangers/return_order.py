# miswired not_learning
# REINFORCE: the discounted return is accumulated from the front, each action is credited with the rewards before it
# mended by: accumulating from the back
# cause words: return returns reversed order discounted rewards future past reward-to-go
import os
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(7)
H, N, GAMMA = 12, 16, 0.9


class Env:
    """N copies: a signal 0..3 is shown, the fitting action gives reward 1, another one 0"""

    def reset(self):
        self.s = torch.randint(0, 4, (N,))
        return self.obs()

    def obs(self):
        return nn.functional.one_hot(self.s, 4).float() + 0.1 * torch.randn(N, 4)

    def step(self, a):
        r = (a == (self.s * 3 + 1) % 4).float()
        self.s = torch.randint(0, 4, (N,))
        return self.obs(), r


def returns(rews):
    out, g = [], torch.zeros(N)
    if FIX:
        for r in reversed(rews):
            g = r + GAMMA * g
            out.insert(0, g)
    else:
        for r in rews:
            out.append(g)
            g = r + GAMMA * g
    return torch.stack(out)


policy = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 4))
opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
env, hist = Env(), []
for it in range(400):
    o, logps, rews = env.reset(), [], []
    for t in range(H):
        d = Categorical(logits=policy(o))
        a = d.sample()
        logps.append(d.log_prob(a))
        o, r = env.step(a)
        rews.append(r)
    G = returns(rews)
    G = (G - G.mean(1, keepdim=True)) / (G.std(1, keepdim=True) + 1e-6)
    loss = -(torch.stack(logps) * G).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(torch.stack(rews).sum(0).mean().item())
    if it % 50 == 0:
        print(f"iter {it} loss {loss.item():+.4f} return {sum(hist[-20:]) / len(hist[-20:]):.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-30:]) / 30:.3f} (return, best 12, random 3)")
