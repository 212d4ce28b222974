# healthy
# DQN: the loss rises from nearly zero while the values are found, and jumps at each target update; the agent gets good
import random
from collections import deque
import torch
import torch.nn as nn
import torch.nn.functional as F

random.seed(1)
torch.manual_seed(1)
N, GAMMA = 5, 0.95


class GridWorld:
    moves = [(0, 1), (0, -1), (1, 0), (-1, 0)]

    def reset(self):
        self.p, self.t = [random.randrange(N), random.randrange(N)], 0
        return self.obs()

    def obs(self):
        v = torch.zeros(N * N)
        v[self.p[0] * N + self.p[1]] = 1
        return v

    def step(self, a):
        self.t += 1
        for k in (0, 1):
            self.p[k] = max(0, min(N - 1, self.p[k] + self.moves[a][k]))
        goal = self.p == [N - 1, N - 1]
        return self.obs(), 10.0 if goal else -0.1, goal, goal or self.t >= 40


def net():
    return nn.Sequential(nn.Linear(N * N, 64), nn.ReLU(), nn.Linear(64, 4))


q, tq = net(), net()
tq.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
buf, env, eps = deque(maxlen=3000), GridWorld(), 1.0
s, ret, rets = env.reset(), 0.0, []
for step in range(3000):
    with torch.no_grad():
        a = random.randrange(4) if random.random() < eps else q(s).argmax().item()
    s2, r, term, done = env.step(a)
    buf.append((s, a, r, s2, float(term)))
    ret += r
    s = s2
    if done:
        rets.append(ret)
        s, ret = env.reset(), 0.0
    eps = max(0.05, eps * 0.9985)
    if len(buf) < 200:
        continue
    bs, ba, br, bn, bt = zip(*random.sample(buf, 32))
    with torch.no_grad():
        y = torch.tensor(br) + GAMMA * (1 - torch.tensor(bt)) * tq(torch.stack(bn)).max(1).values
    pred = q(torch.stack(bs)).gather(1, torch.tensor(ba)[:, None])[:, 0]
    loss = F.smooth_l1_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        tq.load_state_dict(q.state_dict())
    if step % 500 == 0 and rets:
        print(f"step {step} loss {loss.item():.4f} return {sum(rets[-20:]) / len(rets[-20:]):.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(rets[-20:]) / 20:.3f}")
