# saturated vanishing_gradient
# hand-written attention multiplies the scores by d instead of dividing by sqrt(d): the softmax is one-hot everywhere, queries and keys get no gradient
# mended by: division by sqrt(d)
# cause words: attention softmax scale sqrt saturat one-hot
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, D = 16, 12, 48


def recall(n):
    keys = torch.stack([torch.randperm(V)[:L // 2] for _ in range(n)])
    vals = torch.randint(0, V, (n, L // 2))
    q = torch.randint(0, L // 2, (n,))
    r = torch.arange(n)
    return keys, vals, keys[r, q], vals[r, q]


class Recall(nn.Module):
    def __init__(self):
        super().__init__()
        self.k = nn.Embedding(V, D)
        self.v = nn.Embedding(V, D)
        self.qe = nn.Embedding(V, D)
        self.wq, self.wk, self.wv = nn.Linear(D, D), nn.Linear(D, D), nn.Linear(D, D)
        self.out = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, V))

    def forward(self, keys, vals, q):
        Q, K, Vv = self.wq(self.qe(q)), self.wk(self.k(keys)), self.wv(self.v(vals))
        s = (K @ Q.unsqueeze(2)).squeeze(2)
        s = s / D ** 0.5 if FIX else s * D
        return self.out((s.softmax(-1).unsqueeze(1) @ Vv).squeeze(1))


net = Recall()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
for step in range(1500):
    k, v, q, y = recall(64)
    loss = F.cross_entropy(net(k, v, q), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(step, loss.item())
k, v, q, y = recall(2000)
acc = (net(k, v, q).argmax(-1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
