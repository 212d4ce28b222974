# nonfinite
# attention pooling masks padding with -inf; an empty document (all padding) gives softmax over only -inf = NaN
# mended by: masking with a large negative finite number
# cause words: mask -inf padding softmax empty masked all-padding
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
NEG = -1e4 if FIX else float("-inf")


def make_reviews(n, empty_rate=0.0008):
    length = torch.randint(3, 16, (n,))
    length[torch.rand(n) < empty_rate] = 0        # some reviews are empty after cleaning
    ids = torch.randint(1, 300, (n, 16))
    good = (ids < 60).float()
    mask = torch.arange(16)[None, :] < length[:, None]
    score = (good * mask).sum(1) / length.clamp(min=1)
    y = (score > 0.2).float()
    return ids * mask, mask, y


class AttnPool(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(300, d, padding_idx=0)
        self.key = nn.Linear(d, d)
        self.query = nn.Parameter(torch.randn(d) * 0.1)
        self.out = nn.Sequential(nn.Linear(d, 32), nn.GELU(), nn.Linear(32, 1))

    def forward(self, ids, mask):
        h = self.emb(ids)
        a = torch.tanh(self.key(h)) @ self.query
        a = a.masked_fill(~mask, NEG)
        w = F.softmax(a, dim=1)
        return self.out((w.unsqueeze(-1) * h).sum(1)).squeeze(-1)


ids, mask, y = make_reviews(6000)
tids, tmask, ty = make_reviews(600, 0)
net = AttnPool()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
step, running = 0, None
for epoch in range(5):
    perm = torch.randperm(len(y))
    for i in range(0, len(y), 60):
        j = perm[i:i + 60]
        loss = F.binary_cross_entropy_with_logits(net(ids[j], mask[j]), y[j])
        opt.zero_grad()
        loss.backward()
        opt.step()
        running = loss.item() if running is None else 0.95 * running + 0.05 * loss.item()
        if step % 80 == 0:
            print(f"{step} loss {running:.4f}")
        step += 1
with torch.no_grad():
    acc = ((net(tids, tmask) > 0).float() == ty).float().mean().item()
print(f"FINAL loss={running:.4f} metric={acc:.4f}")
