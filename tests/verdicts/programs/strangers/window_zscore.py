# not_learning plateau
# every window is standardised by its own mean and deviation, which wipes out the level and amplitude that the label depends on
# mended by: standardising with statistics of the whole training set
# cause words: normalisation window per-sample zscore amplitude standardise
import os
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class Vibration(Dataset):
    """Windows of a vibration sensor; the bearing wears out, which shows in the strength of the shaking."""

    def __init__(self, n, seed, stats=None):
        g = torch.Generator().manual_seed(seed)
        wear = torch.rand(n, generator=g)
        t = torch.arange(64)
        f = 0.2 + 0.6 * torch.rand(n, 1, generator=g)
        ph = 6.283 * torch.rand(n, 1, generator=g)
        amp = (0.5 + 2.5 * wear)[:, None]
        self.x = amp * (torch.sin(f * t + ph) + 0.3 * torch.randn(n, 64, generator=g)) + 4 * wear[:, None]
        self.y = (wear - 0.5) * 3.4
        self.mean, self.std = stats or (self.x.mean(), self.x.std())

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        x = self.x[i]
        if FIX:
            x = (x - self.mean) / self.std
        else:
            x = (x - x.mean()) / (x.std() + 1e-8)
        return x[None], self.y[i]


train = Vibration(3000, 1)
test = Vibration(500, 2, (train.mean, train.std))
net = nn.Sequential(nn.Conv1d(1, 16, 7, stride=2), nn.SiLU(), nn.Conv1d(16, 24, 5, stride=2), nn.SiLU(), nn.AdaptiveAvgPool1d(4),
                    nn.Flatten(), nn.Linear(96, 32), nn.SiLU(), nn.Linear(32, 1))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
loader = DataLoader(train, batch_size=50, shuffle=True)
for epoch in range(12):
    run = 0.0
    for x, y in loader:
        loss = nn.functional.mse_loss(net(x).squeeze(1), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item() / len(loader)
    if epoch % 2 == 0:
        print(f"epoch {epoch} mse {run:.4f}")
with torch.no_grad():
    xt = torch.stack([test[i][0] for i in range(len(test))])
    r2 = 1 - (net(xt).squeeze(1) - test.y).pow(2).mean() / test.y.var()
print(f"FINAL loss={run:.4f} metric={r2.item():.4f}")
