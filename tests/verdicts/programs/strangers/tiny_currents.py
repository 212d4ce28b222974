# healthy
# Fits sensor currents in amperes (microampere range): losses are around 1e-13.
import torch
from torch import nn

torch.manual_seed(33)
x = torch.rand(1500, 4) * 2 - 1
i = 1e-6 * (torch.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.02 * torch.randn(1500))
i = i.unsqueeze(1)
net = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
with torch.no_grad():
    net[4].weight.mul_(1e-6)
    net[4].bias.zero_()


class Ampere(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, v):
        return self.body(v)


model = Ampere(net)
groups = [{"params": list(net[0].parameters()) + list(net[2].parameters()), "lr": 3e-3}, {"params": net[4].parameters(), "lr": 1e-8}]
opt = torch.optim.Adam(groups, eps=1e-30)
for step in range(500):
    idx = torch.randint(1200, (128,))
    loss = nn.functional.mse_loss(model(x[idx]), i[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0 or step == 499:
        with torch.no_grad():
            p = model(x[1200:])
            r2 = 1 - (p - i[1200:]).pow(2).sum() / (i[1200:] - i[1200:].mean()).pow(2).sum()
        print(f"step {step} loss {loss.item():.3e} test R2 {r2.item():.4f}")
