# fp16_underflow
# whole net in float16 without loss scaling, loss divided by batch, pixels and accumulation steps: gradients fall below 6e-8 and are zero
# mended by: static loss scale 262144 taken out again before the step in float32
# cause words: float16 half underflow loss scaling scaler
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(19)
ACC, SCALE = 8, 262144.0 if FIX else 1.0


def images(n):
    """smooth blobs plus noise, the net removes the noise"""
    g = torch.linspace(-1, 1, 12)
    cx, cy = torch.rand(n, 1, 1) * 1.4 - .7, torch.rand(n, 1, 1) * 1.4 - .7
    clean = torch.exp(-((g[None, :, None] - cx) ** 2 + (g[None, None] - cy) ** 2) * 6)
    return (clean + 0.15 * torch.randn_like(clean)).flatten(1), clean.flatten(1)


master = nn.Sequential(nn.Linear(144, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 144))
half = nn.Sequential(nn.Linear(144, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 144)).half()
opt = torch.optim.SGD(master.parameters(), lr=16000.0, momentum=0.9)


def sync():
    with torch.no_grad():
        for p, q in zip(master.parameters(), half.parameters()):
            q.copy_(p)


sync()
for it in range(300):
    half.zero_grad()
    total = 0.0
    for _ in range(ACC):
        x, y = images(8)
        out = half(x.half())
        # pixel-wise weighting by area of a 1280x960 reference picture
        loss = ((out.float() - y) ** 2).sum() / (8 * 1280 * 960) / ACC
        (loss * SCALE).backward()
        total += loss.item()
    for p, q in zip(master.parameters(), half.parameters()):
        p.grad = q.grad.float() / SCALE
    opt.step()
    sync()
    if it % 30 == 0:
        print(f"it {it} loss {total:.3e}")
with torch.no_grad():
    x, y = images(300)
    mse = (master(x) - y).pow(2).mean().item()
print(f"FINAL loss={total:.3e} metric={1 - mse / y.var().item():.3f}")
