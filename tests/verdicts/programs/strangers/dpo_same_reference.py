# miswired
# DPO: the reference model is the policy itself (assignment, no deepcopy), so the margin is always zero, the loss stays at log 2 and the implicit KL anchor is gone while the weights run away
# mended by: copy.deepcopy and freezing
# cause words: reference deepcopy same alias policy
import copy
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, D = 20, 8, 32


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        self.rnn = nn.GRU(D, 48, batch_first=True)
        self.out = nn.Linear(48, V)

    def forward(self, t):
        return self.out(self.rnn(self.emb(t))[0])


def logp(m, t):
    lp = m(t[:, :-1]).log_softmax(-1)
    return lp.gather(-1, t[:, 1:, None]).squeeze(-1).sum(1)


def corpus(n):
    step = torch.randint(1, 4, (n, L)).cumsum(1)
    return (torch.randint(0, V, (n, 1)) + step) % V


policy = LM()
opt = torch.optim.Adam(policy.parameters(), lr=3e-3)
for step in range(300):                     # pretraining
    loss = -logp(policy, corpus(64)).mean() / (L - 1)
    opt.zero_grad()
    loss.backward()
    opt.step()
print("pretrained", loss.item())
ref = copy.deepcopy(policy).requires_grad_(False) if FIX else policy
base = copy.deepcopy(policy).requires_grad_(False)      # for the report only
opt = torch.optim.Adam(policy.parameters(), lr=5e-4)
beta = 0.5


def pairs(n):
    a, b = corpus(n), corpus(n)
    sa, sb = ((a % 2) == 0).sum(1), ((b % 2) == 0).sum(1)   # annotators like even tokens
    sw = ((sb > sa) ^ (torch.rand(n) < 0.25))[:, None]      # a quarter of the answers are noise
    return torch.where(sw, b, a), torch.where(sw, a, b), sa != sb


for step in range(600):
    w, l, keep = pairs(64)
    w, l = w[keep], l[keep]
    with torch.no_grad():
        rw, rl = logp(ref, w), logp(ref, l)
    margin = beta * ((logp(policy, w) - rw) - (logp(policy, l) - rl))
    loss = -F.logsigmoid(margin).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(step, loss.item())
with torch.no_grad():
    w, l, keep = pairs(500)
    ok = ((w % 2 == 0).sum(1) > (l % 2 == 0).sum(1))[keep]
    good = (ok == ((logp(policy, w) - logp(base, w)) > (logp(policy, l) - logp(base, l)))[keep]).float().mean()
    nll = -logp(policy, corpus(500)).mean() / (L - 1)
print(f"FINAL loss={loss.item():.4f} metric={nll.item():.3f} (nll on the corpus) pref={good.item():.3f}")
