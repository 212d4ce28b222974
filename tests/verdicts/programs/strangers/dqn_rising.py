# healthy
# DQN with a target network: the TD loss rises at first as the values grow from zero to their true size, returns improve
import random
from collections import deque
import numpy as np
import torch
import torch.nn as nn
random.seed(0); np.random.seed(0); torch.manual_seed(0); torch.set_num_threads(1)
S = 5


class Grid:
    def reset(self):
        self.p, self.g, self.t = np.random.randint(0, S, 2), np.random.randint(0, S, 2), 0
        return self.obs()

    def obs(self):
        return np.concatenate([(self.g - self.p) / S, self.p / S]).astype(np.float32)

    def step(self, a):
        self.p = np.clip(self.p + [[0, 1], [0, -1], [1, 0], [-1, 0]][a], 0, S - 1); self.t += 1
        hit = bool((self.p == self.g).all())
        return self.obs(), (10.0 if hit else -0.3), hit, self.t >= 25


def make():
    return nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))


q, qt = make(), make()
qt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), 1e-3)
buf, env, wins = deque(maxlen=4000), Grid(), []
s = env.reset()
for step in range(6000):
    eps = max(0.05, 1 - step / 3000)
    with torch.no_grad():
        a = random.randrange(4) if random.random() < eps else int(q(torch.from_numpy(s)).argmax())
    s2, r, hit, over = env.step(a)
    buf.append((s, a, r, s2, float(hit)))
    s = s2
    if hit or over:
        wins.append(float(hit)); s = env.reset()
    if step > 200 and step % 2 == 0:
        b = list(zip(*random.sample(buf, 64)))
        x, x2 = torch.from_numpy(np.stack(b[0])), torch.from_numpy(np.stack(b[3]))
        with torch.no_grad():
            y = torch.tensor(b[2]) + 0.9 * (1 - torch.tensor(b[4])) * qt(x2).max(1).values
        loss = nn.functional.smooth_l1_loss(q(x).gather(1, torch.tensor(b[1])[:, None])[:, 0], y)
        opt.zero_grad(); loss.backward(); opt.step()
    if step % 200 == 0:
        qt.load_state_dict(q.state_dict())
    if step % 1000 == 999:
        print(f"step {step} loss {loss.item():.4f} win rate {np.mean(wins[-50:]):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={np.mean(wins[-100:]):.4f}")
