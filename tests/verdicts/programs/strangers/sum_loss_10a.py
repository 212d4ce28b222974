# healthy
# reduction='sum' over batch and pixels: losses of tens of thousands and huge gradients, matched by Adam (scale free)
import torch
import torch.nn as nn
torch.manual_seed(0); torch.set_num_threads(1)
basis = torch.randn(6, 200)


def batch(n=128):
    z = torch.randn(n, 6)
    return torch.tanh(z @ basis * 0.5) * 2


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Sequential(nn.Linear(200, 96), nn.GELU(), nn.Linear(96, 8))
        self.d = nn.Sequential(nn.Linear(8, 96), nn.GELU(), nn.Linear(96, 200))

    def forward(self, x):
        return self.d(self.e(x))


ae = AE()
opt = torch.optim.Adam(ae.parameters(), lr=2e-3)
crit = nn.MSELoss(reduction="sum")
for i in range(1500):
    x = batch()
    loss = crit(ae(x), x)
    opt.zero_grad(); loss.backward(); opt.step()
    if i % 250 == 0:
        print(f"{i} loss {loss.item():.1f}")
x = batch(1000)
with torch.no_grad():
    fvu = ((ae(x) - x) ** 2).mean().item() / x.var().item()
print(f"FINAL loss={loss.item():.2f} metric={fvu:.4f}")
