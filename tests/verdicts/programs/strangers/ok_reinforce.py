# healthy
# policy gradient: the loss is noise around zero from first to last and never falls, but the reward rises to the best
import torch
import torch.nn as nn

torch.manual_seed(0)
S, A, B = 8, 4, 64
W = torch.randn(S, A)
pi = nn.Sequential(nn.Linear(S, 64), nn.Tanh(), nn.Linear(64, A))
opt = torch.optim.Adam(pi.parameters(), lr=3e-3)
base, hist = 0.0, []
for it in range(1500):
    s = torch.randn(B, S)
    d = torch.distributions.Categorical(logits=pi(s))
    a = d.sample()
    r = (a == (s @ W).argmax(1)).float() + 0.5 * torch.randn(B)      # noisy reward
    adv = r - base
    base = 0.95 * base + 0.05 * r.mean().item()
    loss = -(adv * d.log_prob(a)).mean() - 0.003 * d.entropy().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(r.mean().item())
    if it % 150 == 0:
        print(f"iter {it} loss {loss.item():.4f} reward {hist[-1]:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-100:]) / 100:.3f} (reward, best 1, chance 0.25)")
