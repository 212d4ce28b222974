# healthy
# Attention looks one key up (all rows one-hot) and the value seen is a class that is right only in half the cases, so the loss rests at 3/4 of guessing; the true class is found.
# rule: B
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
KEYS, SLOTS, V, E, STEPS = 24, 8, 8, 32, 1200
g = torch.Generator().manual_seed(11)


def batch(n):
    keys = torch.rand(n, KEYS, generator=g).argsort(1)[:, :SLOTS]
    vals = torch.randint(0, V, (n, SLOTS), generator=g)
    where = torch.randint(0, SLOTS, (n, 1), generator=g)
    query = keys.gather(1, where).squeeze(1)
    clean = vals.gather(1, where).squeeze(1)
    flip = torch.rand(n, generator=g) < 0.5
    noisy = torch.where(flip, torch.randint(0, V, (n,), generator=g), clean)
    return keys, vals, query, clean, noisy


class Lookup(nn.Module):
    def __init__(self):
        super().__init__()
        self.key = nn.Embedding(KEYS, E)
        self.val = nn.Embedding(V, E)
        self.q = nn.Linear(E, E, bias=False)
        self.k = nn.Linear(E, E, bias=False)
        self.head = nn.Linear(E, V)
        nn.init.orthogonal_(self.q.weight)
        with torch.no_grad():
            self.k.weight.copy_(self.q.weight + 0.1 * torch.randn(E, E))

    def forward(self, keys, vals, query):
        q = self.q(self.key(query)).unsqueeze(1)
        k = self.k(self.key(keys))
        att = F.softmax((q @ k.transpose(1, 2)), dim=-1)
        return self.head((att @ self.val(vals)).squeeze(1)), att


net = Lookup()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
hist = []
for step in range(STEPS):
    keys, vals, query, _, y = batch(256)
    logits, _ = net(keys, vals, query)
    loss = F.cross_entropy(logits, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 200 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    keys, vals, query, clean, _ = batch(4000)
    logits, att = net(keys, vals, query)
    acc = (logits.argmax(1) == clean).float().mean().item()
    hard = (att.max(-1).values > 0.99).float().mean().item()
p = 0.5 + 0.5 / V
floor = -p * math.log(p) - (V - 1) * (0.5 / V) * math.log(0.5 / V)
print("one-hot rows %.3f, floor %.3f, guessing %.3f" % (hard, floor, math.log(V)))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, acc))
