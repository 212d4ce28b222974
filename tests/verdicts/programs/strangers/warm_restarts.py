# healthy
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

torch.manual_seed(8)
C = torch.randn(10, 3, 24)


def get(n):
    y = torch.randint(10, (n,))
    return C[y, torch.randint(3, (n,))] + 0.9 * torch.randn(n, 24), y


model = nn.Sequential(nn.Linear(24, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 10))
opt = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9, weight_decay=5e-4)
sched = CosineAnnealingWarmRestarts(opt, T_0=60, T_mult=2, eta_min=1e-4)
xv, yv = get(1500)
for step in range(420):
    model.train()
    x, y = get(96)
    loss = nn.functional.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 30 == 29:
        model.eval()
        with torch.no_grad():
            acc = (model(xv).argmax(1) == yv).float().mean().item()
        print(f'{step + 1} lr {sched.get_last_lr()[0]:.4f} loss {loss.item():.4f} acc {acc:.4f}')
