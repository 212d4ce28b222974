# healthy
# REINFORCE with normalised advantage and entropy bonus; loss creeps up to 0 while the reward rises to near its maximum. metric = mean reward.
"""REINFORCE with normalised advantages and entropy bonus on a contextual bandit; the loss creeps up towards 0 while the reward rises."""
import torch, torch.nn as nn
torch.manual_seed(5)
CTX, A = 12, 5
W = torch.randn(CTX, A)

def env(n):
    return torch.randn(n, CTX)
def reward(x, a):
    return ((x @ W).argmax(1) == a).float() + 0.2 * torch.randn(len(a))

pi = nn.Sequential(nn.Linear(CTX, 64), nn.Tanh(), nn.Linear(64, A))
opt = torch.optim.Adam(pi.parameters(), lr=5e-3)
hist, rets = [], []
for step in range(600):
    x = env(256)
    dist = torch.distributions.Categorical(logits=pi(x))
    a = dist.sample()
    r = reward(x, a)
    adv = (r - r.mean()) / (r.std() + 1e-6)
    loss = -(dist.log_prob(a) * adv).mean() - 0.01 * dist.entropy().mean()
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item()); rets.append(r.mean().item())
    if step % 60 == 0: print(step, f"loss {loss.item():+.4f} reward {rets[-1]:.3f}")
with torch.no_grad():
    x = env(4000)
    m = reward(x, pi(x).argmax(1)).mean().item()
print(f"FINAL loss={sum(hist[-60:])/60:.5f} metric={m:.4f}")
