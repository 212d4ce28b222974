# healthy
# float16 autocast with GradScaler starting at 2**24: the first steps have infinite gradients and are skipped by design, then it trains
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
proto = torch.randn(6, 1, 10, 10)


def get(n):
    y = torch.randint(0, 6, (n,))
    return proto[y] + 1.0 * torch.randn(n, 1, 10, 10), y


net = nn.Sequential(nn.Flatten(), nn.Linear(100, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 6))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 24, growth_interval=100)
X, Y = get(2000)
Xt, Yt = get(500)
for step in range(500):
    i = torch.randint(0, 2000, (32,))
    opt.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        loss = F.cross_entropy(net(X[i]).float(), Y[i])
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    scaler.step(opt)
    scaler.update()
    if step % 50 == 0:
        print(step, f"loss {loss.item():.4f} scale {scaler.get_scale():.0f}")
with torch.no_grad():
    acc = (net(Xt).argmax(1) == Yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
