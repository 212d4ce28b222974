# healthy
# DQN with hard target updates: the TD loss leaps up at every target copy and does not go down steadily; the return rises
import copy
import random
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
random.seed(0)


class Chain:
    """10 cells, reward 10 at the right end, 1 at the left end; episodes end after 30 steps"""
    def reset(self):
        self.p, self.t = 4, 0
        return self.obs()

    def obs(self):
        o = torch.zeros(10)
        o[self.p] = 1
        return o

    def step(self, a):
        self.p = max(0, min(9, self.p + (1 if a else -1)))
        self.t += 1
        r = 10.0 if self.p == 9 else (1.0 if self.p == 0 else 0.0)
        return self.obs(), r, self.t >= 30


q = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 2))
target = copy.deepcopy(q).requires_grad_(False)
opt = torch.optim.Adam(q.parameters(), lr=2e-3)
env, buf, rets, ret = Chain(), [], [], 0.0
s = env.reset()
for step in range(3000):
    eps = max(0.05, 1 - step / 1500)
    with torch.no_grad():
        a = random.randrange(2) if random.random() < eps else int(q(s).argmax())
    s2, r, cut = env.step(a)
    buf.append((s, a, r, s2))
    buf = buf[-3000:]
    s, ret = s2, ret + r
    if cut:
        rets.append(ret)
        s, ret = env.reset(), 0.0
    if step < 64:
        continue
    S, A, R, S2 = zip(*random.sample(buf, 48))
    with torch.no_grad():
        y = torch.tensor(R) + 0.9 * target(torch.stack(S2)).max(1).values
    loss = F.mse_loss(q(torch.stack(S)).gather(1, torch.tensor(A)[:, None])[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        target.load_state_dict(q.state_dict())
    if step % 250 == 0:
        print(f"step {step} loss {loss.item():.3f} return {sum(rets[-10:]) / max(1, len(rets[-10:])):.1f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(rets[-20:]) / 20:.1f}")
