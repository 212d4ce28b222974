# miswired not_learning
# DQN: the Polyak update writes into the online network (source and target swapped), so the old target pulls every step back
# mended by: arguments in the right order
# cause words: target online soft update polyak swapped tau copy
import os
import copy
import random
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
random.seed(0)


class Corridor:
    """walk to the right end of a corridor of 8 cells, -0.05 a step, 1 at the end"""
    n = 8
    way = [1, 0, 0, 1, 0, 1, 1, 0]      # which action leads to the right in each cell

    def reset(self):
        self.p, self.t = random.randrange(3), 0
        return self.obs()

    def obs(self):
        return F.one_hot(torch.tensor(self.p), self.n).float()

    def step(self, a):
        self.p = max(0, min(self.n - 1, self.p + (1 if a == self.way[self.p] else -1)))
        self.t += 1
        done = self.p == self.n - 1
        return self.obs(), (1.0 if done else -0.05), done, self.t >= 25


def soft_update(src, dst, tau):
    with torch.no_grad():
        for s, d in zip(src.parameters(), dst.parameters()):
            d.mul_(1 - tau).add_(tau * s)


q = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
tgt = copy.deepcopy(q)
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
env, buf = Corridor(), []
s, eps, ret, rets = env.reset(), 1.0, 0.0, []
for step in range(3000):
    eps = max(0.1, 1 - step / 1500)
    with torch.no_grad():
        a = random.randrange(2) if random.random() < eps else int(q(s).argmax())
    s2, r, done, cut = env.step(a)
    buf.append((s, a, r, s2, float(done)))
    buf = buf[-2000:]
    ret += r
    s = s2
    if done or cut:
        rets.append(ret)
        s, ret = env.reset(), 0.0
    if step < 100:
        continue
    S, A, R, S2, Dn = zip(*random.sample(buf, 32))
    S, S2, A, R, Dn = torch.stack(S), torch.stack(S2), torch.tensor(A), torch.tensor(R), torch.tensor(Dn)
    with torch.no_grad():
        target = R + 0.95 * (1 - Dn) * tgt(S2).max(1).values
    loss = F.smooth_l1_loss(q(S).gather(1, A[:, None]).squeeze(1), target)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if FIX:
        soft_update(q, tgt, 0.05)
    else:
        soft_update(tgt, q, 0.05)
    if step % 500 == 0:
        print(f"step {step} loss {loss.item():.5f} return {sum(rets[-10:]) / max(1, len(rets[-10:])):.2f}")
print(f"FINAL loss={loss.item():.5f} metric={sum(rets[-20:]) / len(rets[-20:]):.3f}")
