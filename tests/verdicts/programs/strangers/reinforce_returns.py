# miswired not_learning
# the discounted returns are accumulated forwards: every action is credited with the rewards BEFORE it, not after it
# mended by: iterating over reversed(rewards)
# cause words: return, reversed, forward, discount, past rewards, credit
import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
rng = np.random.default_rng(5)
GAMMA, SOILS, WEEKS = 0.97, 4, 8


class Farm:
    """choose a crop in week 0 (each soil has one right crop), tend it, the harvest comes weeks later"""

    def reset(self):
        self.soil, self.week = rng.integers(SOILS), 0
        return self.obs()

    def obs(self):
        o = np.zeros(SOILS + WEEKS + 1, dtype=np.float32)
        if self.week == 0:
            o[self.soil] = 1
        o[SOILS + self.week] = 1
        return o

    def step(self, a):
        if self.week == 0:
            self.crop = a
        self.week += 1
        if self.week == WEEKS:
            return self.obs(), (1.0 if self.crop == self.soil else -0.3), True
        return self.obs(), 0.0, False


policy = nn.Sequential(nn.Linear(SOILS + WEEKS + 1, 32), nn.ReLU(), nn.Linear(32, SOILS))
optimizer = torch.optim.Adam(policy.parameters(), lr=5e-3)
env, history = Farm(), []
for episode in range(700):
    s, done, log_probs, rewards = env.reset(), False, [], []
    while not done:
        dist = Categorical(logits=policy(torch.from_numpy(s)))
        a = dist.sample()
        log_probs.append(dist.log_prob(a))
        s, r, done = env.step(a.item())
        rewards.append(r)
    returns, R = [], 0.0
    if FIX:
        for r in reversed(rewards):
            R = r + GAMMA * R
            returns.insert(0, R)
    else:
        for r in rewards:
            R = r + GAMMA * R
            returns.append(R)
    returns = torch.tensor(returns)
    policy_loss = -(torch.stack(log_probs) * returns).sum()
    optimizer.zero_grad()
    policy_loss.backward()
    optimizer.step()
    history.append(sum(rewards))
    if episode % 100 == 99:
        print(f"episode {episode + 1} loss {policy_loss.item():.3f} mean reward {np.mean(history[-100:]):.3f}")
print(f"FINAL loss={policy_loss.item():.4f} metric={np.mean(history[-100:]):.4f}")
