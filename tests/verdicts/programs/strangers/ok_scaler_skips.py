# healthy
# the GradScaler starts at 2**32, so the first dozen backward passes give inf gradients: it skips those steps, halves the scale, then all is well
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(50)
proto = torch.randn(6, 1, 8, 8)


def batch(n=64):
    y = torch.randint(0, 6, (n,))
    return proto[y] + 1.2 * torch.randn(n, 1, 8, 8), y


net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
                    nn.Flatten(), nn.Linear(256, 6))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 32, growth_interval=100)
skipped = 0
for step in range(400):
    x, y = batch()
    opt.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.float16):
        loss = F.cross_entropy(net(x).float(), y)
    scaler.scale(loss).backward()
    before = scaler.get_scale()
    scaler.step(opt)
    scaler.update()
    skipped += scaler.get_scale() < before
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f} scale {scaler.get_scale():.0f} skipped {skipped}")
net.eval()
with torch.no_grad():
    x, y = batch(1000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
