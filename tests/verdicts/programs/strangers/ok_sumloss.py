# healthy
# reduction="sum" over pixels and batch: losses of tens of thousands and gradients of thousands, but Adam does not care about scale
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(43)
basis = torch.randn(5, 16 * 16)


def noisy_images(n):
    clean = torch.tanh(torch.randn(n, 5) @ basis).view(n, 1, 16, 16)
    return clean + 0.5 * torch.randn_like(clean), clean


class DenoisingAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 16))
        self.dec = nn.Sequential(nn.Linear(16, 128), nn.ReLU(), nn.Linear(128, 256), nn.Tanh())

    def forward(self, x):
        return self.dec(self.enc(x)).view_as(x)


net = DenoisingAE()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(1500):
    x, clean = noisy_images(128)
    loss = F.mse_loss(net(x), clean, reduction="sum")
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.1f}")
with torch.no_grad():
    x, clean = noisy_images(1000)
    r2 = 1 - F.mse_loss(net(x), clean) / clean.var()
print(f"FINAL loss={loss.item():.1f} metric={r2.item():.3f}")
