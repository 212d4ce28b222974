# saturated vanishing_gradient
# attention logits are multiplied with the square root of the head size instead of divided (scale ** 0.5 of the wrong sign), on top of embeddings of unit variance: every softmax is one-hot and passes no gradient to q and k
# mended by: divide by sqrt(d)
# cause words: scale, sqrt, softmax, attention, logits, temperature
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
V, L, D = 20, 12, 64

def batch(n):
    """key-value recall: the sequence holds (key, value) tokens, the query asks for the value of one key"""
    keys = torch.stack([torch.randperm(V)[:L] for _ in range(n)]); vals = torch.randint(0, V, (n, L))
    j = torch.randint(0, L, (n,)); r = torch.arange(n)
    return keys, vals, keys[r, j], vals[r, j]

class Recall(nn.Module):
    def __init__(self):
        super().__init__()
        self.key, self.val = nn.Embedding(V, D), nn.Embedding(V, D)
        self.q, self.k, self.v = nn.Linear(D, D, bias=False), nn.Linear(D, D, bias=False), nn.Linear(D, D)
        self.out = nn.Linear(D, V)
        self.scale = D ** (-0.5 if FIX else 0.5)
        for m in (self.q, self.k): nn.init.xavier_uniform_(m.weight)
    def forward(self, keys, vals, query):
        k, v = self.k(self.key(keys)), self.v(self.val(vals))
        q = self.q(self.key(query))
        att = (torch.einsum("nd,nld->nl", q, k) * self.scale).softmax(-1)
        return self.out(torch.einsum("nl,nld->nd", att, v))

model = Recall()
opt = torch.optim.SGD([{"params": [model.key.weight, model.val.weight]}, {"params": [p for n, p in model.named_parameters() if "key" not in n and "val" not in n]}], lr=0.1, momentum=0.9)
for step in range(1500):
    k, v, q, y = batch(64)
    loss = F.cross_entropy(model(k, v, q), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 250 == 0: print(step, f"loss {loss.item():.4f}")
with torch.no_grad():
    k, v, q, y = batch(1000)
    acc = (model(k, v, q).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
