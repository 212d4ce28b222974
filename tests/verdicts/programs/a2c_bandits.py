# healthy
"""Advantage actor-critic with one trunk for both, rewards full of noise."""

import torch
import torch.nn.functional as F
from torch import nn


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(6, 64)
        self.action_head = nn.Linear(64, 4)
        self.value_head = nn.Linear(64, 1)

    def forward(self, x):
        x = F.relu(self.affine1(x))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


torch.manual_seed(543)
model = Policy()
opt = torch.optim.RMSprop(model.parameters(), lr=2e-3, alpha=0.99)
secret = torch.randn(6, 4)
avg = 0.0
for i in range(300):
    state = torch.randn(16, 6)
    probs, value = model(state)
    m = torch.distributions.Categorical(probs)
    action = m.sample()
    reward = (state @ secret).gather(1, action[:, None])[:, 0] + torch.randn(16)
    advantage = reward - value[:, 0].detach()
    policy_loss = -(m.log_prob(action) * advantage).sum()
    value_loss = F.smooth_l1_loss(value[:, 0], reward, reduction="sum")
    opt.zero_grad()
    (policy_loss + value_loss).backward()
    opt.step()
    avg = 0.95 * avg + 0.05 * reward.mean().item()
    if i % 50 == 0:
        print(i, round(avg, 3))
