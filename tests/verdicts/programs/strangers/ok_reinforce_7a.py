# healthy
# REINFORCE with a baseline: the loss jumps around zero with both signs and says nothing; the reward climbs
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(0)


class Catch:
    """a vector of 7 columns; the ball falls 6 rows, the paddle moves left, stays or moves right"""

    def __init__(self, n):
        self.n = n

    def reset(self):
        self.ball = torch.randint(0, 7, (self.n,))
        self.pad = torch.randint(0, 7, (self.n,))
        return self.obs()

    def obs(self):
        return torch.cat([nn.functional.one_hot(self.ball, 7), nn.functional.one_hot(self.pad, 7)], 1).float()

    def step(self, a):
        self.pad = (self.pad + a - 1).clamp(0, 6)
        return self.obs()


policy = nn.Sequential(nn.Linear(14, 64), nn.Tanh(), nn.Linear(64, 3))
optimizer = torch.optim.Adam(policy.parameters(), lr=5e-3)
env = Catch(16)
baseline, avg = 0.0, []
for episode in range(600):
    s, logps = env.reset(), []
    for t in range(6):
        dist = Categorical(logits=policy(s))
        a = dist.sample()
        logps.append(dist.log_prob(a))
        s = env.step(a)
    reward = (env.ball == env.pad).float() * 2 - 1
    adv = reward - baseline
    baseline = 0.9 * baseline + 0.1 * reward.mean().item()
    loss = -(torch.stack(logps).sum(0) * adv).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    avg.append(reward.mean().item())
    if episode % 100 == 0:
        print(f"episode {episode} loss {loss.item():+.3f} reward {sum(avg[-50:]) / len(avg[-50:]):+.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(avg[-50:]) / 50:.4f}")
