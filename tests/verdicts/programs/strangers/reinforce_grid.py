# not_learning miswired
# the policy-gradient loss lacks its minus sign: the probability of good actions is pushed down
# mended by: loss = -(log_prob * return).mean()
# cause words: sign minus negative ascent log_prob
import os, torch, torch.nn as nn
from torch.distributions import Categorical
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(20)
class Corridor:
    """16 parallel corridors of length 9; start in the middle, +1 for the right end, -0.05 a step"""
    def __init__(self, n=16): self.n = n; self.reset()
    def reset(self):
        self.pos = torch.full((self.n,), 4); self.done = torch.zeros(self.n, dtype=torch.bool)
        return self.obs()
    def obs(self): return nn.functional.one_hot(self.pos, 9).float()
    def step(self, a):
        alive = ~self.done
        self.pos = torch.where(alive, (self.pos + 2 * a - 1).clamp(0, 8), self.pos)
        r = torch.where(alive, -0.05 + (self.pos == 8).float(), torch.zeros(self.n))
        self.done |= self.pos == 8
        return self.obs(), r, alive.float()
class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(9, 32), nn.Tanh(), nn.Linear(32, 2))
    def forward(self, s): return Categorical(logits=self.fc(s))
env, policy = Corridor(), Policy()
optimizer = torch.optim.Adam(policy.parameters(), lr=2e-3)
GAMMA, avg = 0.97, None
for episode in range(400):
    s, logps, rews, masks = env.reset(), [], [], []
    for t in range(20):
        dist = policy(s)
        a = dist.sample()
        logps.append(dist.log_prob(a))
        s, r, m = env.step(a)
        rews.append(r); masks.append(m)
    R, returns = torch.zeros(env.n), []
    for r in reversed(rews):
        R = r + GAMMA * R
        returns.insert(0, R)
    returns = torch.stack(returns); m = torch.stack(masks)
    adv = (returns - returns.mean()) / (returns.std() + 1e-6)
    score = (torch.stack(logps) * adv * m).sum() / m.sum()
    loss = -score if FIX else score
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    total = torch.stack(rews).sum(0).mean().item()
    avg = total if avg is None else 0.95 * avg + 0.05 * total
    if episode % 80 == 0:
        print(f"episode {episode} return {total:.3f} avg {avg:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={avg:.4f}")
