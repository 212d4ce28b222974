# healthy
# the target is a product of three signs hidden in 12 inputs: nothing of first order is to be had, so the squared error rests at the variance for hundreds of steps on ever fresh batches, then it falls
# rule: B
import torch
from torch import nn

torch.manual_seed(2)
torch.set_num_threads(1)
gen = torch.Generator().manual_seed(7)
D = 12


def batch(n):
    x = torch.randint(0, 2, (n, D), generator=gen).float() * 2 - 1
    y = x[:, 1] * x[:, 4] * x[:, 7]
    return x, (1.5 * y + 0.1 * torch.randn(n, generator=gen)).unsqueeze(1)


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(D, 128), nn.ReLU())
        self.out = nn.Linear(128, 1)
        nn.init.normal_(self.out.weight, std=0.01)
        nn.init.zeros_(self.out.bias)

    def forward(self, x):
        return self.out(self.body(x))


net = Mlp()
opt = torch.optim.Adam(net.parameters(), lr=4e-4)
STEPS = 2000
hist = []
for step in range(STEPS):
    x, y = batch(64)
    loss = ((net(x) - y) ** 2).mean()
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if (step + 1) % 100 == 0:
        print(step + 1, f"{sum(hist[-100:]) / 100:.4f}")
with torch.no_grad():
    x, y = batch(4000)
    final = ((net(x) - y) ** 2).mean().item()
    r2 = 1 - final / y.var().item()
print(f"FINAL loss={final:.4f} metric={r2:.4f} (R2 on fresh data)")
