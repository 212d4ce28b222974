# healthy
# targets in SI units (micrometres as metres): the loss is about 1e-12 and the gradients minute, but Adam with eps 1e-20 and a scaled output layer learns
import torch
from torch import nn
torch.manual_seed(0); torch.set_num_threads(1)


class Deflection(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))

    def forward(self, x):
        return 1e-6 * self.net(x).squeeze(-1)


def beam(n):
    x = torch.rand(n, 4) * 2 - 1
    return x, 1e-6 * (torch.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] - x[:, 3] ** 2)


m = Deflection()
opt = torch.optim.Adam(m.parameters(), lr=2e-3, eps=1e-20)
for i in range(1500):
    x, y = beam(128)
    loss = (m(x) - y).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if i % 250 == 0:
        print(i, "loss %.3e" % loss.item())
x, y = beam(2000)
with torch.no_grad():
    r2 = 1 - (m(x) - y).double().pow(2).mean().item() / y.double().var().item()
print(f"FINAL loss={loss.item():.3e} metric={r2:.4f}")
