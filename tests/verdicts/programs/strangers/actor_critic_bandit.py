# healthy
"""Advantage actor-critic on a contextual task; the printed loss says little, the return does."""
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(41)
N_CTX, N_ACT, H = 10, 5, 8
best = torch.randint(N_ACT, (N_CTX,))


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(N_CTX, 64), nn.Tanh())
        self.pi = nn.Linear(64, N_ACT)
        self.v = nn.Linear(64, 1)

    def forward(self, s):
        h = self.shared(s)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1)


net = ActorCritic()
opt = torch.optim.RMSprop(net.parameters(), lr=3e-3)
for update in range(250):
    ctx = torch.randint(N_CTX, (16, H))
    s = nn.functional.one_hot(ctx, N_CTX).float()
    dist, value = net(s)
    a = dist.sample()
    reward = (a == best[ctx]).float() + 0.3 * torch.randn(16, H)
    ret = torch.zeros(16, H)
    run = torch.zeros(16)
    for t in reversed(range(H)):
        run = reward[:, t] + 0.5 * run
        ret[:, t] = run
    adv = (ret - value).detach()
    policy_loss = -(dist.log_prob(a) * adv).mean()
    value_loss = (ret - value).pow(2).mean()
    loss = policy_loss + 0.25 * value_loss - 0.02 * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    opt.step()
    if update % 25 == 0 or update == 249:
        print(f"update {update} loss {loss.item():+.4f} policy {policy_loss.item():+.4f} mean reward {reward.mean().item():.3f}")
