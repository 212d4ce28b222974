# healthy
# REINFORCE: the loss is noise around zero and does not fall, gradients jump; the reward rises all the same
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(1)


class Grid:
    """4x4 grid, goal in one corner, 16 walkers at once"""
    def __init__(self, n):
        self.n = n

    def reset(self):
        self.p = torch.randint(0, 4, (self.n, 2))
        self.done = torch.zeros(self.n, dtype=torch.bool)
        return self.obs()

    def obs(self):
        return nn.functional.one_hot(self.p, 4).flatten(1).float()

    def step(self, a):
        d = torch.tensor([[0, 1], [0, -1], [1, 0], [-1, 0]])[a]
        self.p = torch.where(self.done[:, None], self.p, (self.p + d).clamp(0, 3))
        alive = ~self.done
        self.done = self.done | (self.p == 3).all(1)
        return self.obs(), torch.where(alive, -0.1, 0.0) + (alive & self.done).float()


env, base = Grid(16), 0.0
pi = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 4))
opt = torch.optim.Adam(pi.parameters(), lr=5e-3)
hist = []
for it in range(500):
    s, lps, rs, al = env.reset(), [], [], []
    for t in range(12):
        al.append((~env.done).float())
        d = Categorical(logits=pi(s))
        a = d.sample()
        s, r = env.step(a)
        lps.append(d.log_prob(a)); rs.append(r)
    R = torch.stack(rs).flip(0).cumsum(0).flip(0)
    al = torch.stack(al)
    adv = (R - base) * al
    base = 0.95 * base + 0.05 * (R * al).sum().item() / al.sum().item()
    loss = -(torch.stack(lps) * adv).sum(0).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(torch.stack(rs).sum(0).mean().item())
    if it % 50 == 0:
        print(f"it {it} loss {loss.item():.3f} return {sum(hist[-50:]) / len(hist[-50:]):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-50:]) / 50:.3f} start={sum(hist[:10]) / 10:.3f}")
