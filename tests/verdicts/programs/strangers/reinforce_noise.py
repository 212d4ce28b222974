# healthy
# policy gradient with a normalised baseline: the loss jumps around 0 all the time and means nothing, the return grows to the best
import torch
import torch.nn as nn
from torch.distributions import Normal

torch.manual_seed(5)


class Pointer:
    """move a point to the origin with noisy continuous actions"""

    def __init__(self, n):
        self.p = torch.randn(n, 2) * 1.5

    def step(self, a):
        self.p = self.p + 0.4 * a.clamp(-1, 1) + 0.02 * torch.randn_like(self.p)
        return -self.p.norm(dim=1)


pi = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
log_std = nn.Parameter(torch.full((2,), -0.5))
opt = torch.optim.Adam(list(pi.parameters()) + [log_std], lr=5e-3)
hist = []
for it in range(300):
    env, logps, rews = Pointer(32), [], []
    for t in range(12):
        d = Normal(pi(env.p), log_std.exp())
        a = d.sample()
        logps.append(d.log_prob(a).sum(1))
        rews.append(env.step(a))
    R = torch.stack(rews)
    G = R.flip(0).cumsum(0).flip(0)
    A = (G - G.mean(1, keepdim=True)) / (G.std(1, keepdim=True) + 1e-6)
    loss = -(torch.stack(logps) * A).mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(pi.parameters(), 1.0)
    opt.step()
    hist.append(R.sum(0).mean().item())
    if it % 40 == 0:
        print(f"{it} loss {loss.item():+.4f} return {hist[-1]:.2f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-20:]) / 20:.3f} (return, at the start {sum(hist[:5]) / 5:.1f})")
