# healthy
# the loss leaps up at each warm restart of the cosine schedule (SGDR): wanted, the minima between get lower
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

torch.manual_seed(47)
freq = torch.tensor([0.15, 0.3, 0.5, 0.8])


def windows(n):
    y = torch.randint(0, 4, (n,))
    t = torch.arange(48)[None]
    s = torch.sin(freq[y][:, None] * t * (1 + 0.1 * torch.randn(n, 1)) + 6.28 * torch.rand(n, 1))
    return (s + 0.7 * torch.randn(n, 48))[:, None], y


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv1d(1, 16, 9, padding=4), nn.Conv1d(16, 32, 9, padding=4)
        self.b1, self.b2 = nn.BatchNorm1d(16), nn.BatchNorm1d(32)
        self.fc = nn.Linear(32, 4)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.b1(self.c1(x))), 2)
        x = F.relu(self.b2(self.c2(x)))
        return self.fc(x.amax(-1))


model = ConvNet()
opt = torch.optim.SGD(model.parameters(), lr=0.4, momentum=0.9)
sched = CosineAnnealingWarmRestarts(opt, T_0=150, T_mult=2, eta_min=1e-4)
model.train()
losses = []
for step in range(1050):
    x, y = windows(32)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    losses.append(loss.item())
    if step % 75 == 74:
        print(f"step {step} lr {sched.get_last_lr()[0]:.3f} loss {sum(losses[-75:]) / 75:.4f}")
model.eval()
with torch.no_grad():
    x, y = windows(1000)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
