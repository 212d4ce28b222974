# healthy
# policy-gradient loss hovers around zero with both signs and the reward is noisy; the average reward nevertheless climbs to near the optimum
import torch, torch.nn as nn
torch.manual_seed(40)
S, A, B = 5, 3, 16
W = torch.randn(S, A)

class AC(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(S, 32), nn.Tanh())
        self.pi, self.v = nn.Linear(32, A), nn.Linear(32, 1)
    def forward(self, x):
        h = self.body(x)
        return torch.distributions.Categorical(logits=self.pi(h)), self.v(h)[:, 0]

ac = AC()
opt = torch.optim.RMSprop(ac.parameters(), lr=2e-3, alpha=0.99)
hist = []
for it in range(1500):
    s = torch.randn(B, S)
    d, v = ac(s)
    a = d.sample()
    best = (s @ W).argmax(1)
    r = (a == best).float() + 0.8 * torch.randn(B)            # heavily noisy reward
    adv = (r - v).detach()
    pg = -(d.log_prob(a) * adv).mean()
    loss = pg + 0.5 * (r - v).pow(2).mean() - 0.01 * d.entropy().mean()
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(ac.parameters(), 2.0)
    opt.step()
    hist.append((a == best).float().mean().item())
    if it % 150 == 0:
        print(f"it {it} loss {loss.item():+.3f} pg {pg.item():+.3f} right {sum(hist[-100:]) / len(hist[-100:]):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-200:]) / 200:.3f}")
