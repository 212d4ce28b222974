# healthy
# policy gradient: the loss hovers around zero and changes its sign all the time, gradients are noisy; the return rises from random to near the best
import torch, torch.nn as nn
torch.manual_seed(35)

class Cart:
    """keep a noisy double integrator near the origin with three pushes"""

    def __init__(self, n):
        self.n = n

    def reset(self):
        self.s = 0.8 * torch.randn(self.n, 2)
        return self.s

    def step(self, a):
        f = (a.float() - 1) * 0.5
        v = 0.9 * self.s[:, 1] + f + 0.02 * torch.randn(self.n)
        self.s = torch.stack([self.s[:, 0] + 0.3 * v, v], 1)
        return (self.s, torch.exp(-2 * self.s[:, 0].abs()))
pi = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 3))
opt = torch.optim.Adam(pi.parameters(), lr=0.004)
env = Cart(48)
hist = []
for it in range(400):
    s, lps, rs = (env.reset(), [], [])
    for t in range(20):
        d = torch.distributions.Categorical(logits=pi(s))
        a = d.sample()
        lps.append(d.log_prob(a))
        s, r = env.step(a)
        rs.append(r)
    G, rets = (torch.zeros(48), [])
    for r in reversed(rs):
        G = r + 0.9 * G
        rets.insert(0, G)
    rets = torch.stack(rets)
    adv = (rets - rets.mean(1, keepdim=True)) / (rets.std() + 1e-06)
    loss = -(torch.stack(lps) * adv).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(torch.stack(rs).mean().item())
    if it % 50 == 0:
        print(it, f'loss {loss.item():+.4f} reward {hist[-1]:.3f}')
print(f'first {sum(hist[:10]) / 10:.3f}')
print(f'FINAL loss={loss.item():.4f} metric={sum(hist[-20:]) / 20:.4f}')
