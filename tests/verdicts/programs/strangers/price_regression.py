# miswired plateau
# the prediction is (N,1), the target (N,): MSE broadcasts to (N,N) and the net learns the mean
# mended by: squeezing the prediction
# cause words: broadcast shape squeeze dimension size
import os, warnings
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

warnings.filterwarnings("ignore")
FIX = os.environ.get("FIX") == "1"
torch.set_num_threads(1)
rng = np.random.RandomState(3)
torch.manual_seed(3)

# tabular: area, rooms, age, distance, ...
n = 3000
num = rng.randn(n, 8).astype("float32")
cat = rng.randint(0, 12, n)
effect = rng.randn(12)
price = 1.5 * num[:, 0] - num[:, 1] * num[:, 2] + np.sin(2 * num[:, 3]) + effect[cat] + 0.1 * rng.randn(n)
price = ((price - price.mean()) / price.std()).astype("float32")
num, cat, price = torch.from_numpy(num), torch.from_numpy(cat), torch.from_numpy(price)


class PriceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(12, 4)
        self.body = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, num, cat):
        return self.body(torch.cat([num, self.emb(cat)], 1))


model = PriceNet()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 30)
for epoch in range(30):
    perm = torch.randperm(2500)
    tot = 0
    for b in perm.split(64):
        pred = model(num[b], cat[b])
        if FIX:
            pred = pred.squeeze(-1)
        loss = F.mse_loss(pred, price[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(b)
    sched.step()
    if epoch % 5 == 4:
        print(epoch, tot / 2500)
with torch.no_grad():
    p = model(num[2500:], cat[2500:]).squeeze(-1)
    t = price[2500:]
    r2 = 1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
print(f"FINAL loss={tot / 2500:.4f} metric={r2.item():.4f}")
