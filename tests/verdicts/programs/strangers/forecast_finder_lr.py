# oscillating_loss not_learning
# the learning-rate finder suggested 0.6 and it was taken for the real training with Adam: the quantile loss jumps and the forecast is a flat line
# mended by: lr 3e-3
# cause words: learning rate lr step too large high
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
ENC, DEC, Q = 24, 6, torch.tensor([0.1, 0.5, 0.9])
t = torch.arange(1500).float()
series = torch.sin(t * 0.26) + 0.5 * torch.sin(t * 0.11 + 1) + 0.1 * torch.randn(1500)


def windows(idx):
    return torch.stack([series[i:i + ENC] for i in idx]), torch.stack([series[i + ENC:i + ENC + DEC] for i in idx])


class Forecaster(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.inp = nn.Linear(ENC, h)
        self.gate, self.cand = nn.Linear(h, h), nn.Linear(h, h)
        self.out = nn.Linear(h, DEC * 3)

    def forward(self, x):
        h = nn.functional.elu(self.inp(x))
        h = h + torch.sigmoid(self.gate(h)) * nn.functional.elu(self.cand(h))
        return self.out(h).view(-1, DEC, 3)


def pinball(p, y):
    e = y[..., None] - p
    return torch.maximum(Q * e, (Q - 1) * e).mean()


net = Forecaster()
opt = torch.optim.Adam(net.parameters(), lr=3e-3 if FIX else 0.6)
for step in range(900):
    x, y = windows(torch.randint(0, 1200, (32,)).tolist())
    loss = pinball(net(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 10.0)
    opt.step()
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
x, y = windows(range(1230, 1460))
with torch.no_grad():
    p = net(x)
    r2 = 1 - ((p[..., 1] - y) ** 2).mean() / y.var()
print(f"FINAL loss={pinball(p, y).item():.4f} metric={r2.item():.3f}")
