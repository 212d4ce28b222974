# saturated
# raw columns (year, income in dollars, area) go into a tanh network without standardisation: all hidden units sit at +-1 for every row
# mended by: standardise the columns with the training mean and std
# cause words: standardi, normali, scal, raw, input, feature
import os
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(10)

class Loans(Dataset):
    def __init__(self, n, stats=None):
        year = 1990 + 30 * torch.rand(n); income = 30000 + 25000 * torch.rand(n) * 2
        area = 40 + 200 * torch.rand(n); age = 20 + 50 * torch.rand(n); debt = 20000 * torch.rand(n)
        self.x = torch.stack([year, income, area, age, debt], 1)
        risk = 3 * (debt / income - 0.15) * 8 - 1.5 * (age - 45) / 15 * ((year - 2005) / 8)
        self.y = (risk > 0).float()
        self.stats = stats or (self.x.mean(0), self.x.std(0))
    def __len__(self): return len(self.y)
    def __getitem__(self, i):
        x = self.x[i]
        if FIX: x = (x - self.stats[0]) / self.stats[1]
        return x, self.y[i]

train = Loans(2000); val = Loans(1000, train.stats)
model = nn.Sequential(nn.Linear(5, 64), nn.Tanh(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=25)
for ep in range(25):
    model.train(); tot = 0
    for x, y in DataLoader(train, batch_size=64, shuffle=True):
        loss = F.binary_cross_entropy_with_logits(model(x).squeeze(1), y)
        opt.zero_grad(); loss.backward(); opt.step()
        tot += loss.item() * len(y)
    sched.step()
    if ep % 4 == 0: print(f"epoch {ep} loss {tot / len(train):.4f}")
model.eval()
with torch.no_grad():
    x, y = next(iter(DataLoader(val, batch_size=1000)))
    acc = ((model(x).squeeze(1) > 0).float() == y).float().mean().item()
print(f"FINAL loss={tot / len(train):.4f} metric={acc:.4f}")
