# healthy
# the GRU runs along dimension 0, the very dimension the loss's rows lie in, with 12 series side by side: but the layout is time-major and dimension 0 is time, so this is what it should do
# rule: A
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)
T, S = 48, 12


def panel(series=S):
    """[T, S, 2] drivers and the [T, S] stock level that they fill and drain."""
    x = torch.randn(T, series, 2)
    level = torch.zeros(series)
    out = []
    for t in range(T):
        level = 0.8 * level + 0.5 * x[t, :, 0] * torch.sigmoid(x[t, :, 1])
        out.append(level)
    return x, torch.stack(out) + 0.03 * torch.randn(T, series)


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.out(h).squeeze(-1)


net = Forecaster()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(400):
    x, y = panel()
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
net.eval()
with torch.no_grad():
    x, y = panel(200)
    r2 = 1 - F.mse_loss(net(x), y) / y.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f} (R2, held out)")
