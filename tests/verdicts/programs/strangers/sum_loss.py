# healthy
# the loss is a sum over all pixels of the batch (tens of thousands), gradients have norms of thousands, clipping is always active; Adam does not care
import torch
import torch.nn as nn

torch.manual_seed(9)
yy, xx = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")


def images(n):
    c = torch.rand(n, 2, 1, 1) * 1.2 - 0.6
    s = torch.rand(n, 1, 1) * 0.3 + 0.15
    return torch.exp(-((xx - c[:, 0]) ** 2 + (yy - c[:, 1]) ** 2) / (2 * s ** 2)).reshape(n, 256) * 4


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 6))
        self.dec = nn.Sequential(nn.Linear(6, 128), nn.ReLU(), nn.Linear(128, 256))

    def forward(self, x):
        return self.dec(self.enc(x))


net = AE()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for s in range(1500):
    x = images(128)
    loss = nn.functional.mse_loss(net(x), x, reduction="sum")
    opt.zero_grad()
    loss.backward()
    g = nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if s % 200 == 0:
        print(f"{s} loss {loss.item():.1f} grad norm {g.item():.1f}")
x = images(1000)
with torch.no_grad():
    r2 = 1 - ((net(x) - x) ** 2).mean() / x.var()
print(f"FINAL loss={loss.item():.2f} metric={r2.item():.4f}")
