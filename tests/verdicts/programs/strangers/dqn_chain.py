# exploding_gradient
# gamma is 1.05, typed for 0.95: in a world with small positive rewards the bootstrapped Q values grow without bound
# mended by: gamma 0.95
# cause words: gamma discount bootstrap target diverge
import os, random
from collections import deque
import numpy as np
import torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
random.seed(0); np.random.seed(0); torch.manual_seed(0); torch.set_num_threads(1)
N = 8
GAMMA = 0.95 if FIX else 1.05


class Corridor:
    def reset(self):
        self.pos, self.t = 0, 0
        return self.obs()

    def obs(self):
        o = np.zeros(N, dtype=np.float32); o[self.pos] = 1
        return o

    def step(self, a):
        self.pos = max(0, self.pos + (1 if a == 1 else -1)); self.t += 1
        if self.pos == N - 1:
            return self.obs(), 1.0, True
        return self.obs(), 0.02 * self.pos / N, self.t >= 30


q = nn.Sequential(nn.Linear(N, 64), nn.ReLU(), nn.Linear(64, 2))
target = nn.Sequential(nn.Linear(N, 64), nn.ReLU(), nn.Linear(64, 2))
target.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
buf = deque(maxlen=5000)
env, s, eps, ret, rets, goals = Corridor(), None, 1.0, 0.0, [], []
s = env.reset()
for step in range(3000):
    eps = max(0.1, 1 - step / 1200)
    a = random.randrange(2) if random.random() < eps else int(q(torch.from_numpy(s)).argmax())
    s2, r, d = env.step(a)
    buf.append((s, a, r, s2, float(d)))
    ret += r
    if d:
        rets.append(ret); goals.append(float(r == 1.0)); ret = 0.0; s2 = env.reset()
    s = s2
    if len(buf) < 64:
        continue
    S, A, R, S2, D = zip(*random.sample(buf, 64))
    S, S2 = torch.from_numpy(np.stack(S)), torch.from_numpy(np.stack(S2))
    A, R, D = torch.tensor(A), torch.tensor(R), torch.tensor(D)
    with torch.no_grad():
        nxt = target(S2).max(1).values
        y = R + GAMMA * nxt * (1 - D)
    loss = nn.functional.mse_loss(q(S).gather(1, A[:, None]).squeeze(1), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 10 == 0:
        target.load_state_dict(q.state_dict())
    if step % 500 == 0 and rets:
        print(step, "loss", loss.item(), "return", np.mean(rets[-20:]), "goal", np.mean(goals[-20:]))
print(f"FINAL loss={loss.item():.4f} metric={np.mean(goals[-20:]):.4f}")
