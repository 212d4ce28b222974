# not_learning
# recommender with in-batch negatives: the configured shift of the batch (roll) is 0, so each positive is compared with itself or, but for dropout, gets the same score
# mended by: a shift that is not 0
# cause words: negative, sampl, same, item, roll, positive
import os
from dataclasses import dataclass
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(60)

@dataclass
class Cfg:
    users: int = 120
    items: int = 90
    dim: int = 12
    lr: float = 1e-2
    steps: int = 1200
    neg_shift: int = 0      # roll of the batch that makes in-batch negatives

cfg = Cfg(neg_shift=7 if FIX else 0)
pu, pi = torch.randn(cfg.users, 4), torch.randn(cfg.items, 4)
pref = torch.softmax(2.0 * pu @ pi.T, 1)

class BPR(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.u, self.i = nn.Embedding(c.users, c.dim), nn.Embedding(c.items, c.dim)
        nn.init.normal_(self.u.weight, std=0.1); nn.init.normal_(self.i.weight, std=0.1)
        self.drop = nn.Dropout(0.2)
    def score(self, u, i): return (self.drop(self.u(u)) * self.i(i)).sum(-1)

m = BPR(cfg); opt = torch.optim.Adam(m.parameters(), lr=cfg.lr)
for s in range(cfg.steps):
    u = torch.randint(0, cfg.users, (256,))
    pos = torch.multinomial(pref[u], 1).squeeze(1)
    neg = pos.roll(cfg.neg_shift)
    loss = -F.logsigmoid(m.score(u, pos) - m.score(u, neg)).mean() + 1e-4 * (m.i(pos) ** 2).sum(1).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if s % 150 == 0: print(s, f"loss {loss.item():.4f}")
m.eval()
with torch.no_grad():
    u = torch.arange(cfg.users).repeat(20); p = torch.multinomial(pref[u], 1).squeeze(1); n = torch.randint(0, cfg.items, p.shape)
    auc = ((m.score(u, p) > m.score(u, n)).float()).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={auc:.4f}")
