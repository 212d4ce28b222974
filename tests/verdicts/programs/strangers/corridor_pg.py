# miswired not_learning
# log-probs have shape (T,1) and returns (T,), so their product is (T,T): every action is credited with the sum of all returns, which is zero after standardising
# mended by: squeeze the log-probs to (T,)
# cause words: broadcast shape product (T,T) squeeze returns credit log_prob
import os, torch, torch.nn as nn
from torch.distributions import Categorical
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)

class Cue:
    """every step shows a cue vector; the right answer is the hidden class of the cue"""
    def __init__(self):
        self.proto = torch.randn(4, 8)
    def reset(self):
        self.c = torch.randint(4, (1,)).item(); self.t = 0
        return self.proto[self.c] + 0.3 * torch.randn(8)
    def step(self, a):
        r = 1.0 if a == self.c else 0.0
        self.t += 1
        self.c = torch.randint(4, (1,)).item()
        return self.proto[self.c] + 0.3 * torch.randn(8), r, self.t >= 20

env = Cue()
policy = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 4))
opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
avg = 5.0
for ep in range(500):
    obs, done, logps, rewards = env.reset(), False, [], []
    while not done:
        dist = Categorical(logits=policy(obs.unsqueeze(0)))
        a = dist.sample()
        logps.append(dist.log_prob(a))
        obs, r, done = env.step(a.item())
        rewards.append(r)
    R, G = 0.0, []
    for r in reversed(rewards):
        R = r + 0.3 * R
        G.insert(0, R)
    G = torch.tensor(G)
    G = (G - G.mean()) / (G.std() + 1e-6)
    logp = torch.stack(logps)
    if FIX: logp = logp.squeeze(1)
    loss = -(logp * G).sum() / len(G)
    opt.zero_grad(); loss.backward(); opt.step()
    avg = 0.97 * avg + 0.03 * sum(rewards)
    if ep % 100 == 0: print("episode", ep, "avg return %.2f" % avg)
print(f"FINAL loss={loss.item():.4f} metric={avg:.4f}")
