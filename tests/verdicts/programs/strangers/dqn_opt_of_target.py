# miswired
# the optimizer holds the target network's parameters, the gradients go to the online network: neither learns (and the online gradients are never zeroed)
# mended by: giving the optimizer the online network's parameters
# cause words: optimizer target online parameters network wrong
import os
import copy
import random
from collections import deque
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
random.seed(4)
SIZE = 9


class Corridor:
    def reset(self):
        self.p, self.t = random.randrange(1, SIZE - 1), 0
        return self.obs()

    def obs(self):
        return nn.functional.one_hot(torch.tensor(self.p), SIZE).float()

    def step(self, a):
        self.p += 1 if (self.p * 5 // 3 + a) % 2 == 1 else -1
        self.t += 1
        if self.p == SIZE - 1:
            return self.obs(), 1.0, True
        if self.p == 0:
            return self.obs(), 0.1, True
        return self.obs(), -0.02, self.t >= 30


def make_q():
    return nn.Sequential(nn.Linear(SIZE, 48), nn.ReLU(), nn.Linear(48, 2))


online = make_q()
target = copy.deepcopy(online)
opt = torch.optim.Adam((online if FIX else target).parameters(), lr=2e-3)
buffer = deque(maxlen=5000)
env, returns, step = Corridor(), [], 0
GAMMA = 0.97
s, ep = env.reset(), 0.0
while step < 3000:
    eps = max(0.1, 1 - step / 1500)
    with torch.no_grad():
        a = random.randrange(2) if random.random() < eps else online(s).argmax().item()
    s2, r, done = env.step(a)
    buffer.append((s, a, r, s2, float(done)))
    ep += r
    s = s2
    if done:
        returns.append(ep)
        s, ep = env.reset(), 0.0
    step += 1
    if len(buffer) < 200:
        continue
    S, A, R, S2, Dn = zip(*random.sample(buffer, 32))
    S, S2, A = torch.stack(S), torch.stack(S2), torch.tensor(A)
    R, Dn = torch.tensor(R), torch.tensor(Dn)
    with torch.no_grad():
        y = R + GAMMA * (1 - Dn) * target(S2).max(1).values
    q = online(S).gather(1, A[:, None]).squeeze(1)
    loss = nn.functional.smooth_l1_loss(q, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        target.load_state_dict(online.state_dict())
    if step % 500 == 0:
        print(f"step {step} td-loss {loss.item():.5f} return {sum(returns[-20:]) / len(returns[-20:]):.3f}")
# greedy evaluation
score = 0.0
for _ in range(50):
    s, done = env.reset(), False
    while not done:
        s, r, done = env.step(online(s).argmax().item())
        score += r / 50
print(f"FINAL loss={loss.item():.5f} metric={score:.4f} (greedy return, more is better)")
