# badly_scaled
# PPO with a shared trunk and unscaled rewards in the thousands: the value loss is a million times the policy loss and its gradients drown the policy's in the trunk
# mended by: rewards divided by their scale
# cause words: value reward scale return normalis critic
import os
import torch
import torch.nn as nn
from torch.distributions import Categorical
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
OD, NA, E, T = 8, 4, 32, 16
M = torch.randn(OD, NA)
A = torch.linalg.qr(torch.randn(OD, OD)).Q


class Env:
    def __init__(self):
        self.s = torch.randn(E, OD)

    def step(self, a):
        best = (self.s @ M).argmax(1)
        r = torch.where(a == best, 3000.0, -1000.0)
        self.s = 0.7 * self.s @ A + 0.7 * torch.randn(E, OD)
        return r


class AC(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(OD, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi, self.v = nn.Linear(64, NA), nn.Linear(64, 1)

    def forward(self, o):
        h = self.trunk(o)
        return Categorical(logits=self.pi(h)), self.v(h).squeeze(-1)


env, net = Env(), AC()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
gamma, lam = 0.9, 0.95
hist = []
for it in range(120):
    obs, acts, lps, rs, vs = [], [], [], [], []
    with torch.no_grad():
        for _ in range(T):
            o = env.s
            d, v = net(o)
            a = d.sample()
            r = env.step(a)
            obs.append(o), acts.append(a), lps.append(d.log_prob(a)), rs.append(r / 2000 if FIX else r), vs.append(v)
            hist.append((r > 0).float().mean().item())
        nv, adv, gae = net(env.s)[1], [], 0
        for t in reversed(range(T)):
            delta = rs[t] + gamma * nv - vs[t]
            gae = delta + gamma * lam * gae
            adv.insert(0, gae)
            nv = vs[t]
    obs, acts, lps, vs, adv = (torch.cat(z) for z in (obs, acts, lps, vs, adv))
    ret = adv + vs
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    for _ in range(4):
        for i in torch.randperm(len(obs)).split(128):
            d, v = net(obs[i])
            ratio = (d.log_prob(acts[i]) - lps[i]).exp()
            pl = -torch.min(ratio * adv[i], ratio.clamp(0.8, 1.2) * adv[i]).mean()
            vl = 0.5 * ((v - ret[i]) ** 2).mean()
            loss = pl + 0.5 * vl - 0.005 * d.entropy().mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    if it % 20 == 0:
        print(it, loss.item(), sum(hist[-T:]) / T)
print(f"FINAL loss={loss.item():.5g} metric={sum(hist[-160:]) / 160:.3f}")
