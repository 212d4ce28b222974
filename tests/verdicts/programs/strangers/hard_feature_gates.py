# healthy
# feature selection with annealed sigmoid gates: at the end all gates are saturated at 0 or 1 and get no gradient, by design; the right features are selected
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, TRUE = 40, [3, 8, 15, 22, 31]


def batch(n=128):
    x = torch.randn(n, D)
    a, b, c, d, e = (x[:, i] for i in TRUE)
    return x, torch.sin(1.5 * a) + b * c + d.abs() - e + 0.1 * torch.randn(n)


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.logit = nn.Parameter(torch.full((D,), 0.5))
        self.net = nn.Sequential(nn.Linear(D, 96), nn.SiLU(), nn.Linear(96, 48), nn.SiLU(), nn.Linear(48, 1))

    def forward(self, x, tau):
        self.gate = torch.sigmoid(self.logit / tau)
        return self.net(x * self.gate)[:, 0]


net = Gated()
opt = torch.optim.Adam([{"params": net.net.parameters(), "lr": 3e-3, "weight_decay": 0}, {"params": [net.logit], "lr": 1e-2}])
STEPS = 1500
for step in range(STEPS):
    tau = max(0.03, 1 - step / 1000)
    x, y = batch()
    out = net(x, tau)
    mse = F.mse_loss(out, y)
    loss = mse + 0.004 * net.gate.sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(f"{step} tau {tau:.2f} mse {mse.item():.4f} open {net.gate.sum().item():.2f}")
x, y = batch(2000)
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(x, 0.03), y) / y.var()
    chosen = (net.gate > 0.5).nonzero().flatten().tolist()
print(f"FINAL loss={mse.item():.4f} metric={r2.item():.3f} chosen={chosen}")
