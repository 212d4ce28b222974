# not_learning plateau
# weight_decay=0.1 given to Adam, where it is coupled L2: it outweighs the small BPR gradients, all embeddings shrink to nothing and the loss stays at ln 2
# mended by: weight_decay=1e-6
# cause words: weight_decay decay regularis regulariz L2 shrink
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(30)
USERS, ITEMS, K = 200, 150, 8
U, V = torch.randn(USERS, K), torch.randn(ITEMS, K)
affinity = U @ V.t()
likes = affinity > affinity.quantile(0.85, dim=1, keepdim=True)
pairs = likes.nonzero()


class BPR(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.user = nn.Embedding(USERS, dim)
        self.item = nn.Embedding(ITEMS, dim)
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.item.weight, std=0.1)

    def score(self, u, i):
        return (self.user(u) * self.item(i)).sum(-1)


model = BPR()
opt = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-6 if FIX else 0.1)
for epoch in range(40):
    total, nb = 0.0, 0
    for idx in torch.randperm(len(pairs)).split(256):
        u, i = pairs[idx].t()
        j = torch.randint(0, ITEMS, (len(idx),))
        loss = -F.logsigmoid(model.score(u, i) - model.score(u, j)).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total, nb = total + loss.item(), nb + 1
    if epoch % 5 == 0:
        print(f"epoch {epoch} bpr {total / nb:.5f}")
with torch.no_grad():
    s = model.user.weight @ model.item.weight.t()
    pos, neg = s[likes], s[~likes]
    auc = (pos[torch.randint(0, len(pos), (20000,))] > neg[torch.randint(0, len(neg), (20000,))]).float().mean().item()
print(f"FINAL loss={total / nb:.5f} metric={auc:.4f} (AUC, more is better) scale {s.abs().mean().item():.2e}")
