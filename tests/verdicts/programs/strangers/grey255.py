# saturated badly_scaled
# an autoencoder ends in a sigmoid but the pictures run from 0 to 255: all output pixels go to 1 and stay there
# mended by: pictures divided by 255
# cause words: 255 scale range sigmoid normalise normalize
import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(64)


def bars(n, s=10):
    r = torch.rand(n, s, 1) < 0.25
    c = torch.rand(n, 1, s) < 0.25
    img = (r | c).float() * 200 + 30 + 8 * torch.randn(n, s, s)
    return img.clamp(0, 255).flatten(1)


class AE(nn.Module):
    def __init__(self, d=100, z=24):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, z))
        self.dec = nn.Sequential(nn.Linear(z, 64), nn.ReLU(), nn.Linear(64, d), nn.Sigmoid())

    def forward(self, x):
        return self.dec(self.enc(x))


x = bars(2000)
xt = bars(300)
if FIX:
    x, xt = x / 255, xt / 255
ae = AE()
opt = torch.optim.Adam(ae.parameters(), lr=3e-3)
for ep in range(25):
    ae.train()
    for (b,) in DataLoader(TensorDataset(x), 50, shuffle=True):
        loss = nn.functional.mse_loss(ae(b), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if ep % 3 == 0:
        print(f"ep {ep} {loss.item():.4f}")
ae.eval()
with torch.no_grad():
    r2 = 1 - (ae(xt) - xt).pow(2).mean() / xt.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.3f}")
