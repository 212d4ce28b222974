# clipping_dominates badly_scaled
# actor-critic with one clip_grad_norm_(0.5) over actor and critic together: the critic's gradient on raw returns of about 500 is thousands of times the actor's, so the clipped step leaves the actor nothing
# mended by: dividing the rewards by 100 and clipping actor and critic each for itself
# cause words: clip clipping critic norm return reward scale
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
B, T, GAMMA = 64, 10, 0.9


class Tracker:
    """move a point towards a moving target: obs = offset, continuous action"""
    def reset(self):
        self.off = 2 * torch.randn(B, 2)
        return self.off

    def step(self, a):
        self.off = self.off - a.clamp(-1, 1) + 0.1 * torch.randn(B, 2)
        return self.off, 100 - 20 * self.off.pow(2).sum(-1).clamp(max=20)


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))
        self.critic = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 1))
        self.logstd = nn.Parameter(torch.full((2,), -0.7))

    def dist(self, o):
        return torch.distributions.Normal(self.actor(o), self.logstd.exp())


env, ag = Tracker(), Agent()
opt = torch.optim.SGD(ag.parameters(), lr=0.05, momentum=0.9)
hist = []
for it in range(300):
    o, logps, vals, rews = env.reset(), [], [], []
    for _ in range(T):
        d = ag.dist(o)
        a = d.sample()
        logps.append(d.log_prob(a).sum(-1))
        vals.append(ag.critic(o).squeeze(-1))
        o, r = env.step(a)
        rews.append(r / 100 if FIX else r)
    hist.append(torch.stack(rews).sum(0).mean().item() * (100 if FIX else 1))
    R, rets = torch.zeros(B), []
    for r in reversed(rews):
        R = r + GAMMA * R
        rets.insert(0, R)
    rets, vals = torch.stack(rets), torch.stack(vals)
    adv = rets - vals.detach()
    adv = (adv - adv.mean()) / (adv.std() + 1e-8)
    loss = -(adv * torch.stack(logps)).mean() + 0.5 * F.mse_loss(vals, rets)
    opt.zero_grad()
    loss.backward()
    if FIX:
        nn.utils.clip_grad_norm_(list(ag.actor.parameters()) + [ag.logstd], 2.0)
        nn.utils.clip_grad_norm_(ag.critic.parameters(), 2.0)
    else:
        nn.utils.clip_grad_norm_(ag.parameters(), 0.5)
    opt.step()
    ag.logstd.data.clamp_(-2, 0.5)
    if it % 30 == 0:
        print(f"iter {it} loss {loss.item():.3f} return {hist[-1]:.1f}")
print(f"FINAL loss={loss.item():.3f} metric={sum(hist[-50:]) / 50:.1f} (return)")
