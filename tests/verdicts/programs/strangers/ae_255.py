# saturated badly_scaled
# autoencoder ends with a sigmoid but the images are left at 0..255: the outputs sit at 1 everywhere
# mended by: dividing the images by 255
# cause words: 255, sigmoid, range, scale, normali
# thread: "Convolutional autoencoder outputs all-white images"
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def digits(n, s=16):
    g = torch.linspace(-1, 1, s)
    cx, cy = torch.rand(n, 1, 1) - 0.5, torch.rand(n, 1, 1) - 0.5
    w = 0.1 + 0.3 * torch.rand(n, 1, 1)
    img = torch.exp(-((g[None, None] - cx) ** 2 + (g[None, :, None] - cy) ** 2) / w)
    return (img * 255).to(torch.uint8)[:, None]


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(256, 8))
        self.dec = nn.Sequential(nn.Linear(8, 256), nn.ReLU(), nn.Unflatten(1, (16, 4, 4)),
                                 nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1), nn.Sigmoid())

    def forward(self, x):
        return self.dec(self.enc(x))


def to_float(u8):
    return u8.float() / 255 if FIX else u8.float()


train, test = digits(2000), digits(300)
net = AE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for it in range(700):
    x = to_float(train[torch.randint(0, 2000, (64,))])
    rec = net(x)
    loss = F.mse_loss(rec, x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 70 == 0:
        print(f"iter {it} loss {loss.item():.5g}")
with torch.no_grad():
    x = to_float(test)
    r2 = 1 - F.mse_loss(net(x), x) / x.var()
print(f"FINAL loss={loss.item():.5g} metric={r2.item():.4f}")
