# healthy
"""DQN with replay buffer and target network in a corridor."""

import random
from collections import deque

import torch
import torch.nn.functional as F
from torch import nn

SIZE = 8


class QNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(SIZE, 64)
        self.l2 = nn.Linear(64, 2)

    def forward(self, s):
        return self.l2(F.relu(self.l1(s)))


def one_hot(i):
    v = torch.zeros(SIZE)
    v[i] = 1.0
    return v


class Agent:
    def __init__(self):
        self.q, self.target = QNetwork(), QNetwork()
        self.target.load_state_dict(self.q.state_dict())
        self.opt = torch.optim.RMSprop(self.q.parameters(), lr=1e-3)
        self.memory = deque(maxlen=2000)
        self.eps = 1.0

    def act(self, s):
        if random.random() < self.eps:
            return random.randrange(2)
        with torch.no_grad():
            return int(self.q(s).argmax())

    def replay(self, n=32):
        s, a, r, s2, done = zip(*random.sample(self.memory, n), strict=True)
        s, s2 = torch.stack(s), torch.stack(s2)
        a, r, done = torch.tensor(a), torch.tensor(r), torch.tensor(done)
        with torch.no_grad():
            wanted = r + 0.95 * self.target(s2).max(1).values * (1 - done)
        loss = F.smooth_l1_loss(self.q(s).gather(1, a[:, None])[:, 0], wanted)
        self.opt.zero_grad()
        loss.backward()
        for p in self.q.parameters():
            p.grad.clamp_(-1, 1)
        self.opt.step()


random.seed(0)
torch.manual_seed(0)
agent, step = Agent(), 0
for episode in range(60):
    at, rewards = 0, 0.0
    for _ in range(30):
        s = one_hot(at)
        a = agent.act(s)
        at = min(SIZE - 1, at + 1) if a else max(0, at - 1)
        done = float(at == SIZE - 1)
        r = 1.0 if done else -0.02
        rewards += r
        agent.memory.append((s, a, r, one_hot(at), done))
        step += 1
        if len(agent.memory) > 64 and step % 3 == 0:
            agent.replay()
        if step % 100 == 0:
            agent.target.load_state_dict(agent.q.state_dict())
        if done:
            break
    agent.eps = max(0.05, agent.eps * 0.95)
    if episode % 10 == 0:
        print(episode, rewards)
