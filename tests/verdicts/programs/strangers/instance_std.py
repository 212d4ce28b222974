# not_learning plateau
# every window is standardised by its own mean and std before the net, but the label is the loudness of the window
# mended by: one mean and std for the whole data set
# cause words: per-sample standardis standardiz normalis normaliz window amplitude
import os
import torch
from torch import nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(68)


class Vibration(Dataset):
    def __init__(self, n):
        self.amp = 0.3 + 2 * torch.rand(n)
        t = torch.arange(32)
        self.w = self.amp[:, None] * torch.sin(t * (0.4 + 0.4 * torch.rand(n, 1)) + 6.28 * torch.rand(n, 1))
        self.w = self.w + 0.1 * self.amp[:, None] * torch.randn(n, 32)
        self.y = (self.amp - 1.3) / 0.577

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        w = self.w[i]
        if FIX:
            w = (w - 0.0) / 0.99
        else:
            w = (w - w.mean()) / (w.std() + 1e-6)
        return w, self.y[i]


net = nn.Sequential(nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, 32), nn.SiLU(), nn.Linear(32, 1))
opt = torch.optim.RMSprop(net.parameters(), lr=3e-4, momentum=0.5)
tr, te = DataLoader(Vibration(3000), 60, shuffle=True), DataLoader(Vibration(500), 500)
for ep in range(20):
    tot = 0
    for x, y in tr:
        loss = nn.functional.mse_loss(net(x).squeeze(1), y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        opt.step()
        tot += loss.item()
    if ep % 2 == 0:
        print(f"epoch {ep} mse {tot / len(tr):.4f}")
with torch.no_grad():
    x, y = next(iter(te))
    mse = nn.functional.mse_loss(net(x).squeeze(1), y).item()
print(f"FINAL loss={tot / len(tr):.4f} metric={1 - mse:.3f}")
