# healthy
# DQN: the TD loss wanders without a trend (0.0006 to 0.03, rising again late) and the Q values grow all the time from 0 to 5; the agent learns the way
import copy
import random
import numpy as np
import torch
import torch.nn as nn

random.seed(42)
torch.manual_seed(42)
N = 12


class Ring:
    """coins lie at one cell, a slippery ring; +1 whenever the agent stands on the coin, endless task cut at 50 steps"""

    def reset(self):
        self.x, self.coin, self.t = random.randrange(N), random.randrange(N), 0
        return self.obs()

    def obs(self):
        o = torch.zeros(2 * N)
        o[self.x] = o[N + self.coin] = 1
        return o

    def step(self, a):
        self.x = (self.x + a - 1) % N
        self.t += 1
        return self.obs(), float(self.x == self.coin), self.t >= 50


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(2 * N, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3))

    def forward(self, s):
        return self.f(s)


q = Agent()
q_target = copy.deepcopy(q)
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
env, memory, ep, scores = Ring(), [], 0.0, []
s = env.reset()
for step in range(3200):
    if step < 200 or random.random() < 0.1 + 0.9 * max(0, 1 - step / 1500):
        a = random.randrange(3)
    else:
        with torch.no_grad():
            a = q(s).argmax().item()
    s2, r, cut = env.step(a)
    memory.append((s, a, r, s2))
    s, ep = (env.reset(), 0.0 if not scores.append(ep + r) else 0) if cut else (s2, ep + r)
    if step < 200:
        continue
    S, A, R, S2 = zip(*random.sample(memory, 64))
    S, S2, A, R = torch.stack(S), torch.stack(S2), torch.tensor(A), torch.tensor(R)
    with torch.no_grad():
        y = R + 0.9 * q_target(S2).max(1)[0]
    loss = nn.functional.mse_loss(q(S).gather(1, A[:, None])[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        q_target.load_state_dict(q.state_dict())
    if step % 300 == 0:
        print(f"step {step} loss {loss.item():.4f} Q {q(S).mean().item():.3f} score {np.mean(scores[-8:] or [0]):.2f}")
print(f"FINAL loss={loss.item():.4f} metric={np.mean(scores[-8:]):.3f} (of 50, random play gives 4)")
