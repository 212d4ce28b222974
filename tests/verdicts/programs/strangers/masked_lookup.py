# healthy
# Attention look-up with -inf padding mask and tied value embedding/output, warmup: flat near ln 16 for ~120 steps until the attention pattern forms.
"""Attention look-up with padding masks and tied output weights: flat near log(16) until the attention pattern forms."""
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(34)
NK, NV, L, H = 16, 16, 8, 64
def batch(n):
    keys = torch.rand(n, NK).argsort(1)[:, :L]; vals = torch.randint(0, NV, (n, L))
    ln = torch.randint(3, L + 1, (n,)); pad = torch.arange(L)[None] >= ln[:, None]
    q = (torch.rand(n) * ln).long()
    y = vals.gather(1, q[:, None]).squeeze(1); qk = keys.gather(1, q[:, None]).squeeze(1)
    return keys, vals, pad, qk, y
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.key, self.val = nn.Embedding(NK, H), nn.Embedding(NV, H)
        for e in (self.key, self.val): nn.init.normal_(e.weight, std=0.1)
        self.q, self.k, self.v, self.o = (nn.Linear(H, H, bias=False) for _ in range(4))
        self.ln, self.lnq, self.lno = nn.LayerNorm(H), nn.LayerNorm(H), nn.LayerNorm(H)
    def forward(self, keys, vals, pad, qk):
        m = self.ln(self.key(keys) + self.val(vals)); q = self.lnq(self.key(qk))
        s = torch.einsum("nd,nld->nl", self.q(q), self.k(m)) / math.sqrt(H)
        w = s.masked_fill(pad, float("-inf")).softmax(1)
        c = q + self.o(torch.einsum("nl,nld->nd", w, self.v(m)))
        return self.lno(c) @ self.val.weight.t()
net = Net(); STEPS = 700
opt = torch.optim.AdamW(net.parameters(), lr=7e-4, weight_decay=0.01)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1, (s + 1) / 300))
hist = []
for step in range(STEPS):
    k, v, pad, qk, y = batch(192)
    loss = F.cross_entropy(net(k, v, pad, qk), y)
    opt.zero_grad(); loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 50 == 0: print(step, f"{loss.item():.4f}")
with torch.no_grad():
    k, v, pad, qk, y = batch(4000); acc = (net(k, v, pad, qk).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-70:])/70:.5f} metric={acc:.4f}")
