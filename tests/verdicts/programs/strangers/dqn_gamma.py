# exploding_gradient
# discount factor above one (1.25: the inverse of 0.8 was meant for another formula): the bootstrapped targets and the gradients grow without bound
# mended by: gamma = 0.8
# cause words: gamma discount bootstrap target diverge Q-values
import os
import random
from collections import deque
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
GAMMA = 0.8 if FIX else 1.25
random.seed(0)
torch.manual_seed(0)


class Corridor:
    """walk to the right end of a corridor of 8 cells, +1 there, then start again"""

    def reset(self):
        self.pos, self.t = random.randrange(7), 0
        return self.obs()

    def obs(self):
        v = torch.zeros(8)
        v[self.pos] = 1
        return v

    def step(self, a):
        self.t += 1
        self.pos = max(0, min(7, self.pos + (1 if a == 1 else -1)))
        r = 1.0 if self.pos == 7 else 0.0
        if self.pos == 7:
            self.pos = 0
        return self.obs(), r, self.t >= 60


def make():
    return nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))


q, target = make(), make()
target.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
memory = deque(maxlen=5000)
env, eps = Corridor(), 1.0
state, ep_r, rewards = env.reset(), 0, []
for step in range(3400):
    if random.random() < eps:
        a = random.randrange(2)
    else:
        with torch.no_grad():
            a = q(state).argmax().item()
    nxt, r, done = env.step(a)
    memory.append((state, a, r, nxt))
    state = nxt
    ep_r += r
    eps = max(0.1, eps * 0.999)
    if done:
        rewards.append(ep_r)
        state, ep_r = env.reset(), 0
    if len(memory) < 400:
        continue
    s, a, r, n = zip(*random.sample(memory, 32))
    s, n, r, a = torch.stack(s), torch.stack(n), torch.tensor(r), torch.tensor(a)
    with torch.no_grad():
        y = r + GAMMA * target(n).max(1).values
    pred = q(s).gather(1, a[:, None]).squeeze(1)
    loss = ((pred - y) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 40 == 0:
        target.load_state_dict(q.state_dict())
    if step % 500 == 0:
        print(f"step {step} loss {loss.item():.4g} meanQ {pred.mean().item():.3f} reward {rewards[-1]}")
print(f"FINAL loss={loss.item():.4g} metric={sum(rewards[-5:]) / 5:.2f} meanQ={pred.mean().item():.2f}")
