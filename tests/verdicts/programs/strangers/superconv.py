# healthy
# very large learning rate (SGD up to 1.5) with one-cycle warm-up and BatchNorm: the loss bumps in the middle, then falls
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(6)
glyph = (torch.rand(8, 5, 5) > 0.5).float()


def images(n):
    y = torch.randint(0, 8, (n,))
    x = 0.35 * torch.randn(n, 1, 8, 8)
    pos = torch.randint(0, 4, (n, 2))
    for k in range(n):
        a, b = pos[k].tolist()
        x[k, 0, a:a + 5, b:b + 5] += glyph[y[k]]
    return x, y


net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Conv2d(16, 32, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
    nn.Flatten(), nn.Linear(512, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 8))
x, y = images(3000)
xt, yt = images(600)
STEPS = 600
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.5, total_steps=STEPS, pct_start=0.4)
for s in range(STEPS):
    j = torch.randint(0, 3000, (64,))
    loss = F.cross_entropy(net(x[j]), y[j], label_smoothing=0.05)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if s % 50 == 0:
        print(f"{s} lr {sched.get_last_lr()[0]:.3f} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
