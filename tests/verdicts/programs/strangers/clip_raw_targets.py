# clipping_dominates badly_scaled
# house prices in dollars as targets with SGD and clip_grad_norm_(1.0): every gradient is millions, each step has length lr
# mended by: standardising the targets
# cause words: clip target scale normalise price standardise clipping
import os
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader, random_split
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)

n = 3000
x = torch.randn(n, 10)
price = 300_000 + 60_000 * (x[:, :3].sum(1) + x[:, 3] * x[:, 4]) + 5_000 * torch.randn(n)
price = price.unsqueeze(1)
mu, sd = (price.mean(), price.std()) if FIX else (0.0, 1.0)
train_set, val_set = random_split(TensorDataset(x, (price - mu) / sd), [2500, 500])


class Trainer:
    def __init__(self, model, lr=0.01, max_norm=1.0):
        self.model, self.max_norm = model, max_norm
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.loss_fn = nn.MSELoss()

    def fit(self, loader, epochs):
        for ep in range(epochs):
            tot = 0
            for xb, yb in loader:
                self.opt.zero_grad()
                loss = self.loss_fn(self.model(xb), yb)
                loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
                self.opt.step()
                tot += loss.item()
            if ep % 3 == 0:
                print(f"epoch {ep}: loss {tot / len(loader):.5g}")
        return tot / len(loader)

    @torch.no_grad()
    def r2(self, ds):
        xv, yv = ds[:]
        p = self.model(xv)
        return (1 - ((p - yv) ** 2).sum() / ((yv - yv.mean()) ** 2).sum()).item()


t = Trainer(nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)))
final = t.fit(DataLoader(train_set, batch_size=50, shuffle=True), 20)
print(f"FINAL loss={final:.5g} metric={t.r2(val_set):.4f}")
