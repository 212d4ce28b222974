# miswired vanishing_gradient
# PPO keeps no old log-probability: it recomputes it with the current policy inside the update without detach, so ratio is exactly 1 and its gradient exactly 0 for the policy
# mended by: the log-probability is stored (detached) at sampling time
# cause words: ratio, old log, detach, log_prob, rollout
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(10)

class ReachEnv:
    """move a point on a line to a goal; 6 steps; reward is minus the distance"""
    def __init__(self, n): self.n = n
    def reset(self):
        self.p, self.g, self.t = torch.randn(self.n), torch.randn(self.n), 0
        return self.obs()
    def obs(self): return torch.stack([self.p, self.g], 1)
    def step(self, a):
        self.p = self.p + 0.4 * a.clamp(-2, 2); self.t += 1
        return self.obs(), -(self.p - self.g).abs()

class AC(nn.Module):
    def __init__(self):
        super().__init__()
        self.mu = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
        self.v = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
        self.logstd = nn.Parameter(torch.full((1,), -0.5))
    def dist(self, o): return torch.distributions.Normal(self.mu(o)[:, 0], self.logstd.exp())

ac = AC(); env = ReachEnv(64)
opt = torch.optim.Adam(ac.parameters(), lr=3e-3)
GAMMA, EPS = 0.9, 0.2
for it in range(80):
    obs, act, lp, rew = [], [], [], []
    o = env.reset()
    for t in range(6):
        with torch.no_grad():
            d = ac.dist(o); a = d.sample()
        obs.append(o); act.append(a); lp.append(d.log_prob(a))
        o, r = env.step(a)
        rew.append(r)
    R, ret = torch.zeros(64), []
    for r in reversed(rew):
        R = r + GAMMA * R; ret.insert(0, R)
    obs, act, lp, ret = torch.cat(obs), torch.cat(act), torch.cat(lp), torch.cat(ret)
    adv = ret - ac.v(obs)[:, 0].detach()
    adv = (adv - adv.mean()) / adv.std()
    for _ in range(4):
        for b in torch.randperm(len(obs)).chunk(3):
            new = ac.dist(obs[b]).log_prob(act[b])
            old = lp[b] if FIX else ac.dist(obs[b]).log_prob(act[b])
            ratio = (new - old).exp()
            surr = torch.min(ratio * adv[b], ratio.clamp(1 - EPS, 1 + EPS) * adv[b])
            vloss = (ac.v(obs[b])[:, 0] - ret[b]).pow(2).mean()
            loss = -surr.mean() + 0.5 * vloss
            opt.zero_grad(); loss.backward(); opt.step()
    avg = torch.stack(rew).mean().item()
    if it % 10 == 0: print(f"it {it} loss {loss.item():.3f} v {vloss.item():.3f} reward {avg:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={avg:.3f}")
