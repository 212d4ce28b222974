# miswired not_learning
# policy gradient with the sign forgotten: the loss is +log_prob * advantage, good actions are made rarer
# mended by: the minus
# cause words: sign minus negative policy ascent
import os
import torch
import torch.nn as nn
from torch.distributions import Categorical

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Bandit:
    """contextual: the right arm of four is the one with the largest of the first four numbers"""

    def reset(self, n):
        self.x = torch.randn(n, 8)
        return self.x

    def step(self, a):
        return (a == self.x[:, :4].argmax(1)).float()


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(8, 64)
        self.affine2 = nn.Linear(64, 4)

    def forward(self, x):
        return self.affine2(torch.relu(self.affine1(x)))


policy = Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=3e-3)
env = Bandit()
running = 0.25
for step in range(800):
    s = env.reset(64)
    dist = Categorical(logits=policy(s))
    a = dist.sample()
    r = env.step(a)
    advantage = r - running
    logp = dist.log_prob(a)
    if FIX:
        loss = -(logp * advantage).mean() - 0.01 * dist.entropy().mean()
    else:
        loss = (logp * advantage).mean() - 0.01 * dist.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    running = 0.95 * running + 0.05 * r.mean().item()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():+.4f} running reward {running:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={running:.4f}")
