# healthy
# REINFORCE with a normalised advantage: the loss is noise around zero of either sign, gradients noisy and clipped now and then; the return climbs
import torch
from torch import nn
from torch.distributions import Normal
torch.manual_seed(0)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.mu = nn.Sequential(nn.Linear(3, 48), nn.Tanh(), nn.Linear(48, 1))
        self.log_std = nn.Parameter(torch.tensor([-0.3]))

    def forward(self, s):
        return Normal(self.mu(s).squeeze(-1), self.log_std.exp())


def episode(pi, n=64, T=15):
    """keep a noisy point mass at a set point"""
    x, v, goal = torch.randn(n), torch.zeros(n), torch.randn(n)
    logps, rews = [], []
    for t in range(T):
        d = pi(torch.stack([x, v, goal], 1))
        a = d.sample()
        logps.append(d.log_prob(a))
        v = 0.7 * v + 0.4 * a.clamp(-3, 3)
        x = x + 0.5 * v + 0.03 * torch.randn(n)
        rews.append(-(x - goal).abs())
    G, out = torch.zeros(n), []
    for r in reversed(rews):
        G = r + 0.9 * G
        out.insert(0, G)
    return torch.stack(logps), torch.stack(out), torch.stack(rews).sum(0).mean().item()


pi = Policy()
opt = torch.optim.Adam(pi.parameters(), lr=5e-3)
hist = []
for it in range(500):
    lp, G, r = episode(pi)
    adv = (G - G.mean(1, keepdim=True)) / (G.std(1, keepdim=True) + 1e-6)
    loss = -(lp * adv).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(pi.parameters(), 0.5)
    opt.step()
    hist.append(r)
    if it % 50 == 0:
        print(f"it {it} loss {loss.item():+.4f} return {sum(hist[-20:]) / len(hist[-20:]):.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-20:]) / 20:.2f} first={sum(hist[:10]) / 10:.2f}")
