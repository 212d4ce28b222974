# not_learning miswired
# the policy loss lacks its minus sign: gradient descent lowers the probability of good actions
# mended by: loss = -(log_prob * advantage)
# cause words: sign minus negative ascent
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
g = torch.Generator().manual_seed(0)
torch.manual_seed(0)
N = 6  # grid


class GridWorld:
    def __init__(self, n_env=64):
        self.n = n_env

    def reset(self):
        self.p = torch.randint(0, N, (self.n, 2))
        return self._obs()

    def _obs(self):
        return torch.cat([nn.functional.one_hot(self.p[:, 0], N), nn.functional.one_hot(self.p[:, 1], N)], 1).float()

    def step(self, a):
        d = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])[a]
        self.p = (self.p + d).clamp(0, N - 1)
        hit = (self.p == N - 2).all(1).float()
        return self._obs(), hit


policy = nn.Sequential(nn.Linear(2 * N, 64), nn.Tanh(), nn.Linear(64, 4))
opt = torch.optim.Adam(policy.parameters(), lr=5e-3)
env = GridWorld()
for episode in range(350):
    obs, logps, rewards = env.reset(), [], []
    for _ in range(14):
        logits = policy(obs)
        a = torch.multinomial(logits.softmax(-1), 1).squeeze(1)
        logps.append(logits.log_softmax(-1).gather(1, a[:, None]).squeeze(1))
        obs, r = env.step(a)
        rewards.append(r)
    R = torch.stack(rewards)
    ret = R.flip(0).cumsum(0).flip(0)
    adv = ret - ret.mean(1, keepdim=True)
    adv = adv / (adv.std() + 1e-6)
    pg = (torch.stack(logps) * adv).mean()
    loss = -pg if FIX else pg
    opt.zero_grad()
    loss.backward()
    opt.step()
    if episode % 50 == 0:
        print(f"episode {episode} reward {R.sum(0).mean().item():.3f} loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={R.sum(0).mean().item():.4f} (return, more is better)")
