# not_learning miswired
# the policy term is added as +logp * advantage and minimised: the policy learns to earn less
# mended by: minus sign before logp * advantage
# cause words: sign policy advantage negative ascent minimis
import os, torch, torch.nn as nn
from torch.distributions import Categorical
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16)
W = torch.randn(6, 4)
pi = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 4))
vf = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
opt_pi, opt_v = torch.optim.Adam(pi.parameters(), 3e-3), torch.optim.Adam(vf.parameters(), 5e-3)
for step in range(600):
    s = torch.randn(128, 6)
    dist = Categorical(logits=pi(s))
    a = dist.sample()
    r = (s @ W).gather(1, a[:, None])[:, 0] + 0.1 * torch.randn(128)
    v = vf(s)[:, 0]
    adv = (r - v).detach()
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    pg = (dist.log_prob(a) * adv).mean()
    loss_pi = (-pg if FIX else pg) - 0.01 * dist.entropy().mean()
    loss_v = (v - r).pow(2).mean()
    opt_pi.zero_grad(); loss_pi.backward(); opt_pi.step()
    opt_v.zero_grad(); loss_v.backward(); opt_v.step()
    if step % 100 == 0:
        print(step, r.mean().item(), loss_v.item())
with torch.no_grad():
    s = torch.randn(4000, 6)
    ret = (s @ W).gather(1, Categorical(logits=pi(s)).sample()[:, None]).mean().item()
print(f"FINAL loss={loss_pi.item():.4f} metric={ret:.4f}")
