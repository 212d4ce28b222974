# healthy
# Flow matching with all weights in bfloat16 and Adam at 3e-3: the loss rests at its high floor, but the rate is large enough for the weights to move; the samples hit the eight modes.
# rule: D
import math
import torch
import torch.nn as nn

torch.manual_seed(0)
DT, STEPS, H = torch.bfloat16, 1800, 96
g = torch.Generator().manual_seed(8)
ang = torch.arange(8) * (2 * math.pi / 8)
modes = 2.0 * torch.stack([ang.cos(), ang.sin()], 1)


def data(n):
    k = torch.randint(0, 8, (n,), generator=g)
    return modes[k] + 0.1 * torch.randn(n, 2, generator=g)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2 + 9, H), nn.SiLU(), nn.Linear(H, H), nn.SiLU(),
                                 nn.Linear(H, H), nn.SiLU(), nn.Linear(H, 2))

    def forward(self, x, t):
        f = [t] + [fn(math.pi * k * t) for k in (1, 2, 4, 8) for fn in (torch.sin, torch.cos)]
        return self.net(torch.cat([x] + f, 1).to(DT)).float()


net = Field().to(DT)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
hist = []
for step in range(STEPS):
    x1 = data(512)
    x0 = torch.randn(512, 2, generator=g)
    t = torch.rand(512, 1, generator=g)
    v = net((1 - t) * x0 + t * x1, t)
    loss = (v - (x1 - x0)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 200 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    x = torch.randn(2000, 2, generator=g)
    for i in range(50):
        x = x + net(x, torch.full((2000, 1), (i + 0.5) / 50)) / 50
    dist = torch.cdist(x, modes)
    near = (dist.min(1).values < 0.5).float().mean().item()
    share = torch.bincount(dist.argmin(1), minlength=8) / 2000
print("smallest and largest share of a mode %.3f %.3f" % (share.min().item(), share.max().item()))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, near))
