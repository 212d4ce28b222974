# healthy
# looks suspicious: noisy policy loss around zero, value loss that rises as returns get larger, entropy bonus; the return goes up
import torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
torch.manual_seed(44); torch.set_num_threads(1)
@dataclass
class C:
    envs: int = 64; T: int = 25; iters: int = 60; gamma: float = 0.97; lam: float = 0.95; clip: float = 0.2
c = C()
actor = nn.Sequential(nn.Linear(4, 48), nn.Tanh(), nn.Linear(48, 5))
critic = nn.Sequential(nn.Linear(4, 48), nn.Tanh(), nn.Linear(48, 1))
oa, oc = torch.optim.Adam(actor.parameters(), 3e-3), torch.optim.Adam(critic.parameters(), 5e-3)
moves = torch.tensor([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1.]])
def reset(n):
    return torch.rand(n, 4) * 2 - 1
def step(s, a):
    pos = (s[:, :2] + 0.2 * moves[a] + 0.03 * torch.randn(len(s), 2)).clamp(-1.2, 1.2)
    d = (pos - s[:, 2:]).norm(dim=1)
    r = (d < 0.25).float() - 0.05
    s = torch.cat([pos, s[:, 2:]], 1)
    done = torch.rand(len(s)) < 0.02
    return torch.where(done[:, None], reset(len(s)), s), r, done
s = reset(c.envs); hist = []
for it in range(c.iters):
    S, A, L, R, D, V = [], [], [], [], [], []
    with torch.no_grad():
        for t in range(c.T):
            d = torch.distributions.Categorical(logits=actor(s)); a = d.sample()
            S.append(s); A.append(a); L.append(d.log_prob(a)); V.append(critic(s).squeeze(1))
            s, r, done = step(s, a); R.append(r); D.append(done.float())
        nxt, g, adv = critic(s).squeeze(1), torch.zeros(c.envs), []
        for t in reversed(range(c.T)):
            delta = R[t] + c.gamma * (1 - D[t]) * nxt - V[t]
            g = delta + c.gamma * c.lam * (1 - D[t]) * g
            adv.insert(0, g); nxt = V[t]
    S, A, L, V, adv = torch.cat(S), torch.cat(A), torch.cat(L), torch.cat(V), torch.cat(adv)
    ret = adv + V; hist.append(torch.stack(R).mean().item())
    for ep in range(3):
        for i in torch.randperm(len(S)).split(400):
            d = torch.distributions.Categorical(logits=actor(S[i]))
            ad = (adv[i] - adv[i].mean()) / (adv[i].std() + 1e-8)
            ra = (d.log_prob(A[i]) - L[i]).exp()
            pl = -torch.min(ra * ad, ra.clamp(1 - c.clip, 1 + c.clip) * ad).mean() - 0.01 * d.entropy().mean()
            vl = F.mse_loss(critic(S[i]).squeeze(1), ret[i])
            oa.zero_grad(); pl.backward(); nn.utils.clip_grad_norm_(actor.parameters(), 0.5); oa.step()
            oc.zero_grad(); vl.backward(); oc.step()
    if it % 5 == 0:
        print(f"iter {it} reward {hist[-1]:.3f} pi {pl.item():.4f} v {vl.item():.4f}")
print(f"FINAL loss={vl.item():.4f} metric={sum(hist[-5:]) / 5:.4f}")
