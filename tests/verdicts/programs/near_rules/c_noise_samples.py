# healthy
# the noise net's [samples, rows, 8] is viewed as [rows, samples, 8] with no transpose: its inputs are independent draws, whichever row takes which, so nothing of one example gets into another
# rule: C
import torch
from torch import nn

torch.manual_seed(5)
B, M = 64, 6


def data(n=B):
    x = torch.rand(n, 1) * 2 - 1
    sd = 0.1 + 0.5 * (x + 1) / 2
    return x, torch.sin(3 * x) + sd * torch.randn(n, 1), sd


class Sampler(nn.Module):
    """Draws M values of y for each x; trained by the energy score."""

    def __init__(self):
        super().__init__()
        self.noise = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 8))
        self.net = nn.Sequential(nn.Linear(9, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x, m=M):
        n = x.shape[0]
        z = self.noise(torch.randn(m, n, 4))           # [samples, rows, 8]
        z = z.view(n, m, 8)                            # any draw will do for any row
        return self.net(torch.cat([x[:, None].expand(n, m, 1), z], -1)).squeeze(-1)


def energy(s, y):
    m = s.shape[1]
    near = (s - y).abs().mean(1)
    spread = (s[:, :, None] - s[:, None, :]).abs().sum((1, 2)) / (m * (m - 1))
    return (near - 0.5 * spread).mean()


net = Sampler()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1500):
    x, y, _ = data()
    loss = energy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, y, sd = data(500)
    s = net(x, 100)
    got = energy(s, y).item()
    best = energy(torch.sin(3 * x) + sd * torch.randn(500, 100), y).item()
    corr = torch.corrcoef(torch.stack([s.std(1), sd[:, 0]]))[0, 1].item()
print(f"FINAL loss={got:.4f} metric={corr:.4f} (spread against true spread; best energy score {best:.4f})")
