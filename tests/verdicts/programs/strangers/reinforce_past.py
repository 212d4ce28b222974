# miswired not_learning
# REINFORCE credits each action with the rewards BEFORE it (cumsum forwards) instead of the return to go, so the action that earned the reward never gets it
# mended by: discounted return computed backwards in time
# cause words: return, reward-to-go, credit, discount, backwards, cumsum
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
A, T, B, S = 4, 8, 32, 6
rule = torch.randint(0, A, (S,))

def returns(r, gamma=0.7):
    out = torch.zeros_like(r)
    acc = torch.zeros(r.shape[0])
    if FIX:
        for t in reversed(range(T)):
            acc = r[:, t] + gamma * acc
            out[:, t] = acc
    else:
        for t in range(T):
            out[:, t] = acc
            acc = r[:, t] + gamma * acc
    return out

class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(S, 16)
        self.mlp = nn.Sequential(nn.Linear(16, 32), nn.Tanh(), nn.Linear(32, A))
    def forward(self, s):
        return torch.distributions.Categorical(logits=self.mlp(self.emb(s)))

pi = Policy()
opt = torch.optim.Adam(pi.parameters(), lr=5e-3)
hist = []
for it in range(400):
    states = torch.randint(0, S, (B, T))
    logp, rew, ent = [], [], []
    for t in range(T):
        d = pi(states[:, t])
        a = d.sample()
        logp.append(d.log_prob(a)); ent.append(d.entropy())
        rew.append((a == rule[states[:, t]]).float())
    R = returns(torch.stack(rew, 1))
    adv = (R - R.mean(0)) / (R.std(0) + 1e-6)
    loss = -(torch.stack(logp, 1) * adv).mean() - 0.01 * torch.stack(ent).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(torch.stack(rew).mean().item())
    if it % 60 == 0:
        print(f"iter {it} loss {loss.item():+.4f} reward/step {hist[-1]:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-50:]) / 50:.3f}")
