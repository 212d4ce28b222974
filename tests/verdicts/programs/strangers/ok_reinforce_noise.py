# healthy
# the policy loss is pure noise around zero and heavy-tailed rewards make it spiky; the mean reward rises all the same
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(41)
good = torch.randn(6, 4)
policy = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 4))
opt = torch.optim.Adam(policy.parameters(), lr=3e-3)
baseline, hits = 0.0, 0.0


def reward(obs, a):
    best = (obs @ good).argmax(1)
    noise = torch.distributions.StudentT(2.2).sample((len(obs),))
    return (a == best).float() + 0.8 * noise, (a == best).float()


for step in range(1500):
    obs = torch.randn(128, 6)
    dist = Categorical(logits=policy(obs))
    a = dist.sample()
    r, ok = reward(obs, a)
    adv = r - baseline
    baseline = 0.95 * baseline + 0.05 * r.mean().item()
    loss = -(dist.log_prob(a) * adv).mean() - 0.01 * dist.entropy().mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    opt.step()
    hits = 0.98 * hits + 0.02 * ok.mean().item()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} best action {hits:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={hits:.4f} (share of best actions, more is better)")
