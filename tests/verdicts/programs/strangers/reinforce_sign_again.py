# not_learning miswired
# actor-critic: the advantage is value - return instead of return - value, so the policy is pushed towards the worse actions
# mended by: advantage = return - value
# cause words: advantage, sign, return, value, negat, reward
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(26)

class Reach:
    """a vector of points on a line must get to the goal; 5 actions"""
    moves = torch.tensor([-0.4, -0.1, 0.0, 0.1, 0.4])
    def __init__(self, n): self.n = n
    def reset(self):
        self.p, self.g = torch.randn(self.n), torch.randn(self.n)
        return self.obs()
    def obs(self): return torch.stack([self.p, self.g, self.g - self.p], 1)
    def step(self, a):
        self.p = self.p + self.moves[a] + 0.02 * torch.randn(self.n)
        return self.obs(), -(self.g - self.p).abs()

class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 32), nn.Tanh())
        self.pi, self.v = nn.Linear(32, 5), nn.Linear(32, 1)
    def forward(self, o):
        h = self.body(o); return torch.distributions.Categorical(logits=self.pi(h)), self.v(h).squeeze(1)

env, ac = Reach(32), ActorCritic()
opt = torch.optim.Adam(ac.parameters(), lr=3e-3)
GAMMA, T = 0.9, 12
hist = []
for it in range(350):
    o = env.reset(); lp, vs, rs, ents = [], [], [], []
    for _ in range(T):
        d, v = ac(o); a = d.sample()
        o, r = env.step(a)
        lp.append(d.log_prob(a)); vs.append(v); rs.append(r); ents.append(d.entropy())
    R, rets = torch.zeros(32), []
    for r in reversed(rs): R = r + GAMMA * R; rets.insert(0, R)
    rets, vs, lp = torch.stack(rets), torch.stack(vs), torch.stack(lp)
    adv = (rets - vs).detach() if FIX else (vs - rets).detach()
    adv = (adv - adv.mean()) / (adv.std() + 1e-6)
    loss = -(lp * adv).mean() + 0.5 * F.mse_loss(vs, rets) - 0.01 * torch.stack(ents).mean()
    opt.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(ac.parameters(), 5.0); opt.step()
    hist.append(torch.stack(rs).mean().item())
    if it % 50 == 0: print(it, f"loss {loss.item():.4f} reward {hist[-1]:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-20:]) / 20:.4f}")
