# miswired not_learning
# CosineEmbeddingLoss is given labels 0/1 where it wants -1/1: unlike pairs cost nothing, everything is pulled to one direction and the loss goes to 0
# mended by: labels 2*y-1
# cause words: label labels -1 target CosineEmbeddingLoss negative
import os
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(61)
P = torch.randn(12, 24)


class Pairs(Dataset):
    def __init__(self, n):
        self.n = n
        g = torch.Generator().manual_seed(n)
        self.id1 = torch.randint(0, 12, (n,), generator=g)
        self.same = torch.randint(0, 2, (n,), generator=g)
        other = (self.id1 + torch.randint(1, 12, (n,), generator=g)) % 12
        self.id2 = torch.where(self.same == 1, self.id1, other)
        self.a = P[self.id1] + 0.7 * torch.randn(n, 24, generator=g)
        self.b = P[self.id2] + 0.7 * torch.randn(n, 24, generator=g)

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return self.a[i], self.b[i], self.same[i]


net = nn.Sequential(nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 16))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
crit = nn.CosineEmbeddingLoss(margin=0.2)
dl = DataLoader(Pairs(2000), batch_size=50, shuffle=True)
for ep in range(12):
    run = 0
    for a, b, s in dl:
        y = s.float()
        if FIX:
            y = 2 * y - 1
        loss = crit(net(a), net(b), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item()
    print(f"epoch {ep} loss {run / len(dl):.4f}")
t = Pairs(1001)
with torch.no_grad():
    cs = nn.functional.cosine_similarity(net(t.a), net(t.b))
acc = ((cs > 0.5).long() == t.same).float().mean().item()
print(f"FINAL loss={run / len(dl):.4f} metric={acc:.3f}")
