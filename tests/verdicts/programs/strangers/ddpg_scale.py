# saturated
# the actor is fed raw states in pixels (0..600): the pre-activations of its tanh layers are huge, tanh is flat, the action stays at the bound
# mended by: states divided by the screen size
# cause words: tanh, scale, normalis, pixels, raw state, input
import copy
import os
import random
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(18)
np.random.seed(18)
random.seed(18)


class Chase:
    """move a paddle to a ball, positions in pixels"""

    def reset(self):
        self.x, self.ball, self.t = np.random.uniform(100, 500), np.random.uniform(0, 600), 0
        return self.state()

    def state(self):
        s = np.array([self.x, self.ball], dtype=np.float32)
        return (s - 300) / 300 if FIX else s

    def step(self, a):
        self.x = float(np.clip(self.x + 60 * a, 0, 600))
        self.t += 1
        return self.state(), -abs(self.x - self.ball) / 300, self.t >= 15


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1), nn.Tanh())

    def forward(self, s):
        return self.net(s)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, s, a):
        return self.net(torch.cat([s, a], 1))


actor, critic = Actor(), Critic()
actor_t, critic_t = copy.deepcopy(actor), copy.deepcopy(critic)
a_opt = torch.optim.Adam(actor.parameters(), lr=1e-3)
c_opt = torch.optim.Adam(critic.parameters(), lr=2e-3)
env, buf, returns = Chase(), [], []
s, ep = env.reset(), 0.0
for step in range(2500):
    with torch.no_grad():
        a = actor(torch.from_numpy(s)[None]).item()
    a = float(np.clip(a + np.random.normal(0, 0.3), -1, 1)) if step > 300 else random.uniform(-1, 1)
    s2, r, done = env.step(a)
    buf.append((s, [a], [r], s2))
    s, ep = s2, ep + r
    if done:
        returns.append(ep)
        s, ep = env.reset(), 0.0
    if step < 100:
        continue
    S, A, R, S2 = [torch.tensor(np.array(v), dtype=torch.float32) for v in zip(*random.sample(buf, 64))]
    with torch.no_grad():
        y = R + 0.9 * critic_t(S2, actor_t(S2))
    critic_loss = nn.functional.mse_loss(critic(S, A), y)
    c_opt.zero_grad()
    critic_loss.backward()
    c_opt.step()
    actor_loss = -critic(S, actor(S)).mean()
    a_opt.zero_grad()
    actor_loss.backward()
    a_opt.step()
    for net, tgt in ((actor, actor_t), (critic, critic_t)):
        for p, pt in zip(net.parameters(), tgt.parameters()):
            pt.data.mul_(0.99).add_(0.01 * p.data)
    if step % 500 == 0:
        print(f"step {step} critic {critic_loss.item():.4f} return {np.mean(returns[-20:]):.3f}")
print(f"FINAL loss={critic_loss.item():.4f} metric={np.mean(returns[-40:]):.3f}")
