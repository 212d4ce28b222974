# healthy
# DQN: TD loss jumps between 0.002 and 8, Q grows through the whole run and the returns get worse in the first third (eats the near +1); the best policy is found in the end
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(13)
random.seed(13)
L = 8


class Corridor:
    """start in the middle, +10 at the right end, +1 at the left end, -0.1 a step"""

    def reset(self):
        self.p, self.t = 3, 0
        return self.p

    def step(self, a):
        self.p += 1 if a == 1 else -1
        self.t += 1
        if self.p >= L - 1:
            return self.p, 10.0, True
        if self.p <= 0:
            return self.p, 1.0, True
        return self.p, -0.1, self.t >= 40


eye = torch.eye(L)
q = nn.Sequential(nn.Linear(L, 32), nn.ReLU(), nn.Linear(32, 2))
tgt = nn.Sequential(nn.Linear(L, 32), nn.ReLU(), nn.Linear(32, 2))
tgt.load_state_dict(q.state_dict())
opt = torch.optim.Adam(q.parameters(), lr=1e-3)
env, buf, s, ret, hist = Corridor(), [], None, 0.0, []
s = env.reset()
for it in range(3000):
    eps = max(0.05, 1 - it / 1500)
    with torch.no_grad():
        a = random.randrange(2) if random.random() < eps else int(q(eye[s]).argmax())
    s2, r, done = env.step(a)
    buf.append((s, a, r, s2, float(env.p in (0, L - 1))))
    ret += r
    s = s2
    if done:
        hist.append(ret)
        s, ret = env.reset(), 0.0
    if len(buf) < 64:
        continue
    b = random.sample(buf[-2000:], 32)
    S, A, R, S2, D = (torch.tensor(v) for v in zip(*b))
    with torch.no_grad():
        y = R + 0.97 * (1 - D) * tgt(eye[S2]).max(1).values
    loss = F.mse_loss(q(eye[S]).gather(1, A[:, None]).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 200 == 0:
        tgt.load_state_dict(q.state_dict())
        print(f"{it} td loss {loss.item():.4f} q {y.mean().item():.3f} last returns {sum(hist[-10:]) / max(1, len(hist[-10:])):.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-20:]) / 20:.3f} (return, best 9.7)")
