# healthy
# REINFORCE: the loss is noise about zero with both signs and shows no trend, gradients vary tenfold; the reward climbs to its maximum
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(41)
rng = np.random.default_rng(41)


class Walk:
    def reset(self):
        self.x, self.goal, self.t = 5, int(rng.choice([0, 10])), 0
        return self.obs()

    def obs(self):
        return torch.tensor([self.x / 5 - 1, self.goal / 5 - 1, self.t / 20], dtype=torch.float32)

    def step(self, a):
        if rng.random() < 0.1:
            a = 1 - a
        self.x += 2 * a - 1
        self.t += 1
        if self.x == self.goal:
            return self.obs(), 1.0, True
        return self.obs(), -0.02, self.x in (0, 10) or self.t >= 20


policy = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 2))
optimizer = torch.optim.Adam(policy.parameters(), lr=2e-3)
env, scores, baseline = Walk(), [], 0.0
for update in range(250):
    losses = []
    for _ in range(8):
        s, done, lps, rs, ent = env.reset(), False, [], [], 0.0
        while not done:
            dist = Categorical(logits=policy(s))
            a = dist.sample()
            lps.append(dist.log_prob(a))
            ent = ent + dist.entropy()
            s, r, done = env.step(a.item())
            rs.append(r)
        G, returns = 0.0, []
        for r in rs[::-1]:
            G = r + 0.99 * G
            returns.append(G)
        returns = torch.tensor(returns[::-1])
        losses.append(-(torch.stack(lps) * (returns - baseline)).sum() - 0.05 * ent)
        baseline = 0.95 * baseline + 0.05 * returns.mean().item()
        scores.append(sum(rs))
    loss = torch.stack(losses).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if update % 25 == 0:
        print(f"update {update} loss {loss.item():.3f} reward {np.mean(scores[-60:]):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={np.mean(scores[-100:]):.4f}")
