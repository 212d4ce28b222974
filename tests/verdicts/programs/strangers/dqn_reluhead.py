# dead_relu output_cannot_change
# the Q-network ends with a ReLU while all returns are negative (-1 a step): the head gives zero for every state and gets no gradient
# mended by: a linear output layer
# cause words: relu, output layer, last layer, negative, head
# thread: "DQN on MountainCar Q-values all zero"
import os
import random
from collections import deque
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
random.seed(0)


class Corridor:
    """2-d grid 6x6, start anywhere, goal in the corner, -1 for each step, at most 30 steps."""
    n = 6

    def reset(self):
        self.p = [random.randrange(self.n), random.randrange(self.n)]
        self.t = 0
        return self.obs()

    def obs(self):
        o = torch.zeros(2 * self.n)
        o[self.p[0]] = 1
        o[self.n + self.p[1]] = 1
        return o

    def step(self, a):
        d = [(0, 1), (0, -1), (1, 0), (-1, 0)][a]
        self.p = [min(self.n - 1, max(0, self.p[k] + d[k])) for k in range(2)]
        self.t += 1
        done = self.p == [self.n - 1, self.n - 1]
        return self.obs(), -1.0, done, done or self.t >= 30


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(12, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 4)

    def forward(self, x):
        x = F.relu(self.l1(x))
        x = F.relu(self.l2(x))
        return self.l3(x) if FIX else F.relu(self.l3(x))


q, tgt = QNet(), QNet()
tgt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
mem, env = deque(maxlen=5000), Corridor()
s, ep_r, hist, loss = env.reset(), 0.0, deque(maxlen=40), torch.zeros(())
for step in range(4000):
    eps = max(0.05, 1 - step / 2000)
    if random.random() < eps:
        a = random.randrange(4)
    else:
        with torch.no_grad():
            a = int(q(s).argmax())
    s2, r, done, end = env.step(a)
    mem.append((s, a, r, s2, float(done)))
    ep_r += r
    s = s2
    if end:
        hist.append(ep_r)
        s, ep_r = env.reset(), 0.0
    if len(mem) > 200 and step % 2 == 0:
        b = random.sample(mem, 64)
        S, A = torch.stack([t[0] for t in b]), torch.tensor([t[1] for t in b])
        R, S2 = torch.tensor([t[2] for t in b]), torch.stack([t[3] for t in b])
        Dn = torch.tensor([t[4] for t in b])
        with torch.no_grad():
            y = R + 0.95 * (1 - Dn) * tgt(S2).max(1)[0]
        loss = F.smooth_l1_loss(q(S).gather(1, A[:, None]).squeeze(1), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if step % 200 == 0:
        tgt.load_state_dict(q.state_dict())
    if step % 400 == 0 and hist:
        print(f"step {step} loss {loss.item():.4f} return {sum(hist) / len(hist):.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist) / len(hist):.3f}")
