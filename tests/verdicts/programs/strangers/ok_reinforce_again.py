# healthy
# REINFORCE with baseline: the loss is noise around zero with changing sign and says nothing, the return climbs to the optimum
import torch
import torch.nn as nn
from torch.distributions import Categorical

torch.manual_seed(0)
W = torch.randn(6, 5)
pi = nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 5))
vf = nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 1))
opt = torch.optim.Adam([{"params": pi.parameters(), "lr": 3e-3}, {"params": vf.parameters(), "lr": 3e-3}])
hist = []


def evaluate():
    pi.eval()
    with torch.no_grad():
        out = (pi(S_TEST).argmax(1) == (S_TEST @ W).argmax(1)).float().mean().item()
    pi.train()
    return out


S_TEST = torch.randn(500, 6)
for it in range(1500):
    s = torch.randn(64, 6)
    d = Categorical(logits=pi(s))
    a = d.sample()
    best = (s @ W).argmax(1)
    r = (a == best).float() + 0.5 * torch.randn(64)
    v = vf(s).squeeze(1)
    adv = (r - v).detach()
    loss = -(d.log_prob(a) * adv).mean() + 0.5 * (v - r).pow(2).mean() - 0.125 - 0.005 * d.entropy().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append((a == best).float().mean().item())
    if it % 150 == 0:
        print(it, f"greedy {evaluate():.3f} loss {loss.item():+.4f} return {sum(hist[-50:]) / len(hist[-50:]):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-50:]) / 50:.4f}")
