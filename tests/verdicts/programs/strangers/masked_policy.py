# nonfinite
# illegal actions get logit -inf, and the entropy is written as -(p * log p).sum(): 0 * -inf is NaN
# mended by: masking with a large finite number (-1e9) instead of -inf
# cause words: mask inf entropy illegal log 0*-inf masked
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
S, A, B, GAMMA = 12, 6, 64, 0.9
W = torch.randn(S, A)
NEG = -1e9 if FIX else float("-inf")


class CardGame:
    """64 parallel games of five moves; only some moves are legal in each state."""
    def reset(self):
        self.s, self.t = torch.randn(B, S), 0
        return self.s, self.legal()

    def legal(self):
        m = torch.rand(B, A) > 0.4
        m[torch.arange(B), torch.randint(0, A, (B,))] = True
        self.m = m
        return m

    def step(self, a):
        score = self.s @ W
        best = score.masked_fill(~self.m, -1e9).argmax(1)
        r = (a == best).float()
        self.s = 0.5 * self.s + 0.87 * torch.randn(B, S)
        self.t += 1
        return self.s, self.legal(), r, self.t >= 5


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(S, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.pi, self.v = nn.Linear(64, A), nn.Linear(64, 1)

    def forward(self, s, legal):
        h = self.body(s)
        return self.pi(h).masked_fill(~legal, NEG), self.v(h).squeeze(-1)


env, net = CardGame(), ActorCritic()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
hist = []
for it in range(800):
    s, legal = env.reset()
    logps, vals, rews, ents, done = [], [], [], [], False
    while not done:
        logits, v = net(s, legal)
        gumbel = -torch.log(-torch.log(torch.rand_like(logits) + 1e-10) + 1e-10)
        a = (logits.detach() + gumbel).argmax(-1)
        logp = F.log_softmax(logits, -1)
        ents.append(-(logp.exp() * logp).sum(-1))
        logps.append(logp.gather(1, a[:, None]).squeeze(1))
        vals.append(v)
        s, legal, r, done = env.step(a)
        rews.append(r)
    R, rets = torch.zeros(B), []
    for r in reversed(rews):
        R = r + GAMMA * R
        rets.insert(0, R)
    rets, vals = torch.stack(rets), torch.stack(vals)
    adv = rets - vals.detach()
    loss = -(adv * torch.stack(logps)).mean() + 0.5 * F.mse_loss(vals, rets) - 0.01 * torch.stack(ents).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(torch.stack(rews).mean().item())
    if it % 100 == 0:
        print(f"iter {it} loss {loss.item():.4f} reward {hist[-1]:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-50:]) / 50:.3f}")
