# badly_scaled exploding_gradient
# multi-task: a price in cents (mean 5 million) is regressed next to a class label by raw MSE; the sum is 1e13 and the label head learns nothing
# mended by: the price is standardised
# cause words: scale scaling price target standardise standardize normalise normalize
import os
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader, random_split

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
X = torch.randn(2400, 12)
price = 5e6 + 1.5e6 * (X[:, 0] + 0.5 * X[:, 1] * X[:, 2])
kind = ((X[:, 3] + X[:, 4] * X[:, 5]) > 0).long()
if FIX:
    price = (price - price.mean()) / price.std()


class House(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.reg, self.cls = nn.Linear(64, 1), nn.Linear(64, 2)

    def forward(self, x):
        h = self.trunk(x)
        return self.reg(h).squeeze(1), self.cls(h)


tr, te = random_split(TensorDataset(X, price, kind), [2000, 400])
m = House()
opt = torch.optim.Adam(m.parameters(), lr=2e-3)
dl = DataLoader(tr, 64, shuffle=True)
for ep in range(35):
    for x, p, k in dl:
        a, b = m(x)
        lp, lk = F.mse_loss(a, p), F.cross_entropy(b, k)
        loss = lp + lk
        opt.zero_grad()
        loss.backward()
        opt.step()
    if ep % 4 == 0:
        print(f"epoch {ep} price {lp.item():.4g} kind {lk.item():.4g}")
m.eval()
with torch.no_grad():
    xt, pt, kt = te[:]
    a, b = m(xt)
    r2 = 1 - F.mse_loss(a, pt) / pt.var()
print(f"FINAL loss={loss.item():.4g} metric={(b.argmax(1) == kt).float().mean():.3f} r2={r2:.3f}")
