# not_learning plateau oscillating_loss
# a SIREN, whose sines are fed with omega = 30, is trained with Adam at lr 0.03: the phases jump at every step
# mended by: lr 5e-4
# cause words: lr learning-rate step rate large high
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(26)
LR = 5e-4 if FIX else 3e-2


class Sine(nn.Module):
    def __init__(self, i, o, first=False, w0=30.0):
        super().__init__()
        self.w0, self.lin = w0, nn.Linear(i, o)
        b = 1 / i if first else math.sqrt(6 / i) / w0
        nn.init.uniform_(self.lin.weight, -b, b)

    def forward(self, x):
        return torch.sin(self.w0 * self.lin(x))


def image(p):
    x, y = p[:, 0], p[:, 1]
    return torch.sin(6 * x + 3 * y * y) * torch.cos(5 * y) + (x * x + y * y < 0.3).float() * 0.5


net = nn.Sequential(Sine(2, 48, True), Sine(48, 48), Sine(48, 48), nn.Linear(48, 1))
opt = torch.optim.Adam(net.parameters(), lr=LR)
for step in range(1200):
    p = torch.rand(256, 2) * 2 - 1
    loss = (net(p).squeeze(1) - image(p)).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} mse {loss.item():.4f}")
p = torch.rand(5000, 2) * 2 - 1
with torch.no_grad():
    r2 = 1 - ((net(p).squeeze(1) - image(p)).pow(2).mean() / image(p).var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2, more is better)")
