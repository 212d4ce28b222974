# healthy
# the targets of the squared loss grow a hundredfold and the gradients with them: it is a curriculum from sets of 2 to sets of 256 whose sum is asked for, and the sum-pooling net follows
# rule: F
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(11)
STEPS, B = 1200, 32


def sets(n, size):
    x = torch.rand(n, size, 3)
    worth = x[..., 0] * x[..., 1] + 0.5 * x[..., 2] ** 2
    return x, worth.sum(1)


def size_at(step):
    return int(2 * 128 ** min(1.0, step / (0.75 * STEPS)))


class DeepSum(nn.Module):
    def __init__(self):
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(3, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1))

    def forward(self, x):
        return self.phi(x).sum((1, 2))


net = DeepSum()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS, eta_min=2e-5)
for step in range(STEPS):
    x, y = sets(B, size_at(step))
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
net.eval()
with torch.no_grad():
    x, y = sets(500, 256)
    r2 = 1 - F.mse_loss(net(x), y) / y.var()
print(f"FINAL loss={loss.item():.4f} metric={r2.item():.4f} (R2 on sets of 256; mean target {y.mean():.1f})")
