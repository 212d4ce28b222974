# not_learning plateau
# the entropy bonus has weight 5 where rewards are below 1: the policy is held at uniform and never improves
# mended by: weight 0.01
# cause words: entropy bonus coefficient weight uniform
import os
import torch
from torch import nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)
CFG = dict(lr=2e-3, ent_coef=0.01 if FIX else 5.0, batch=256, arms=8, ctx=10, steps=800)
theta = torch.randn(CFG["ctx"], CFG["arms"])


class ContextualBandit:
    def observe(self, n):
        self.c = torch.randn(n, CFG["ctx"])
        return self.c

    def pull(self, a):
        p = torch.sigmoid(self.c @ theta)
        return torch.bernoulli(p.gather(1, a[:, None]).squeeze(1))


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(CFG["ctx"], 64), nn.ReLU())
        self.pi = nn.Linear(64, CFG["arms"])
        self.v = nn.Linear(64, 1)

    def forward(self, c):
        h = self.trunk(c)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(1)


env, agent = ContextualBandit(), Agent()
opt = torch.optim.RMSprop(agent.parameters(), lr=CFG["lr"])
running = 0.5
for step in range(CFG["steps"]):
    c = env.observe(CFG["batch"])
    dist, v = agent(c)
    a = dist.sample()
    r = env.pull(a)
    adv = (r - v).detach()
    loss = -(dist.log_prob(a) * adv).mean() + 0.5 * (r - v).pow(2).mean() - CFG["ent_coef"] * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    running = 0.97 * running + 0.03 * r.mean().item()
    if step % 100 == 0:
        print(f"{step:4d} reward {running:.3f} entropy {dist.entropy().mean().item():.3f} loss {loss.item():.3f}")
print(f"FINAL loss={loss.item():.4f} metric={running:.4f} (mean reward, more is better)")
