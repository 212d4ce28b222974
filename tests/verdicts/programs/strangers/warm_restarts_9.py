# healthy
# SGDR: cosine warm restarts to a high learning rate make the loss jump up every cycle; the end of each cycle is better than the last
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
filt = torch.randn(4, 1, 5, 5)


def images(n):
    y = torch.randint(0, 4, (n,))
    x = 0.8 * torch.randn(n, 1, 14, 14)
    r, c = torch.randint(0, 10, (n,)), torch.randint(0, 10, (n,))
    for i in range(n):
        x[i, :, r[i]:r[i] + 5, c[i]:c[i] + 5] += 2.0 * filt[y[i]]
    return x, y


net = nn.Sequential(nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.BatchNorm2d(16), nn.ReLU(),
                    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.15, momentum=0.9, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=100, T_mult=2, eta_min=1e-4)
ends = []
for step in range(700):
    x, y = images(32)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step in (99, 299, 699):
        ends.append(loss.item())
    if step % 50 == 0:
        print(f"{step} lr {sched.get_last_lr()[0]:.4f} loss {loss.item():.4f}")
net.eval()
x, y = images(1000)
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
