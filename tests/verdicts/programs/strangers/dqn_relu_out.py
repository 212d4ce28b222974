# dead_relu output_cannot_change
# a ReLU stands after the last layer of the Q-network while every reward is -1: all true Q are negative, the outputs die at zero
# mended by: no activation on the Q output
# cause words: relu, output layer, last layer, negative, activation, Q-values
import copy
import os
import random
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)
random.seed(6)
SIZE = 5


class Grid:
    moves = [(0, 1), (1, 0), (0, -1), (-1, 0)]

    def reset(self):
        self.p = [random.randrange(SIZE), random.randrange(SIZE)]
        self.t = 0
        if self.p == [SIZE - 1, SIZE - 1]:
            return self.reset()
        return self.obs()

    def obs(self):
        o = np.zeros(2 * SIZE, dtype=np.float32)
        o[self.p[0]] = 1
        o[SIZE + self.p[1]] = 1
        return o

    def step(self, a):
        self.t += 1
        for i in (0, 1):
            self.p[i] = min(SIZE - 1, max(0, self.p[i] + self.moves[a][i]))
        goal = self.p == [SIZE - 1, SIZE - 1]
        return self.obs(), -1.0, goal, goal or self.t >= 40


class QNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2 * SIZE, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 4)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        x = self.fc3(x)
        return x if FIX else torch.relu(x)


q = QNet()
target = copy.deepcopy(q)
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
memory, env, lengths, step = [], Grid(), [], 0
s, n = env.reset(), 0
for step in range(3000):
    eps = max(0.05, 1 - step / 1500)
    if random.random() < eps:
        a = random.randrange(4)
    else:
        with torch.no_grad():
            a = q(torch.from_numpy(s)).argmax().item()
    s2, r, term, end = env.step(a)
    memory.append((s, a, r, s2, float(term)))
    s, n = (env.reset(), 0) if end else (s2, n + 1)
    if end:
        lengths.append(env.t)
    if len(memory) < 64:
        continue
    b = random.sample(memory[-5000:], 64)
    S, S2 = torch.from_numpy(np.stack([x[0] for x in b])), torch.from_numpy(np.stack([x[3] for x in b]))
    A, R, D = torch.tensor([x[1] for x in b]), torch.tensor([x[2] for x in b]), torch.tensor([x[4] for x in b])
    with torch.no_grad():
        y = R + 0.95 * (1 - D) * target(S2).max(1)[0]
    loss = nn.functional.smooth_l1_loss(q(S).gather(1, A[:, None]).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        target.load_state_dict(q.state_dict())
    if step % 500 == 0:
        print(step, "loss", round(loss.item(), 4), "Q", round(q(S).mean().item(), 3))
steps = []
for _ in range(100):
    s, end = env.reset(), False
    k = 0
    while not end:
        with torch.no_grad():
            s, _, _, end = env.step(q(torch.from_numpy(s)).argmax().item())
        k += 1
    steps.append(k)
print(f"FINAL loss={loss.item():.4f} metric={np.mean(steps):.3f} (steps to goal, lower is better)")
