# miswired plateau
# the entropy is added to the loss instead of subtracted: the policy is pushed to be certain at once, exploration ends and it stays with a poor action
# mended by: minus beta * entropy
# cause words: entropy, sign, exploration, bonus, minus, deterministic
import os
import numpy as np
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(27)
BETA = 0.3


class Maze:
    """16 corridors side by side: walk right 9 cells; a small prize is near, a large one far"""

    def __init__(self, n=16):
        self.n = n
        self.pos = torch.zeros(n, dtype=torch.long)
        self.t = torch.zeros(n, dtype=torch.long)

    def obs(self):
        return nn.functional.one_hot(self.pos, 10).float()

    def step(self, a):
        # 0: take the small prize and leave, 1: walk on, 2: stay
        self.t += 1
        r = torch.zeros(self.n)
        walk = a == 1
        self.pos = self.pos + walk.long()
        small = a == 0
        r[small] = 0.3
        big = self.pos >= 9
        r[big] = 2.0
        done = small | big | (self.t >= 20)
        self.pos[done] = 0
        self.t[done] = 0
        return self.obs(), r, done.float()


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 64), nn.Tanh())
        self.pi, self.v = nn.Linear(64, 3), nn.Linear(64, 1)

    def forward(self, x):
        h = self.body(x)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1)


env, net = Maze(), ActorCritic()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
s, log = env.obs(), []
for update in range(600):
    logps, vals, rews, dones, ents = [], [], [], [], []
    for _ in range(8):
        dist, v = net(s)
        a = dist.sample()
        s, r, d = env.step(a)
        logps.append(dist.log_prob(a)); vals.append(v); rews.append(r); dones.append(d); ents.append(dist.entropy())
    with torch.no_grad():
        R = net(s)[1]
    rets = []
    for r, d in zip(reversed(rews), reversed(dones)):
        R = r + 0.98 * R * (1 - d)
        rets.insert(0, R)
    rets, vals, logps, ent = torch.stack(rets), torch.stack(vals), torch.stack(logps), torch.stack(ents).mean()
    adv = (rets - vals).detach()
    policy_loss = -(logps * adv).mean()
    value_loss = (rets - vals).pow(2).mean()
    beta = BETA * max(0.0, 1 - update / 400)
    loss = policy_loss + 0.5 * value_loss + (-beta * ent if FIX else beta * ent)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    opt.step()
    ep = torch.stack(rews).sum().item() / max(1.0, torch.stack(dones).sum().item())
    log.append(ep)
    if update % 100 == 99:
        print(f"update {update} loss {loss.item():.4f} reward per episode {np.mean(log[-50:]):.3f} entropy {ent.item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={np.mean(log[-50:]):.4f}")
