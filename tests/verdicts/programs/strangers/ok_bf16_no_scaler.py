# healthy
# bfloat16 autocast without any GradScaler and with gradients of 1e-7: fine, bfloat16 has the range of float32
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
H = 10


def maps(n):
    """Segmentation of bright blobs in noise."""
    m = torch.zeros(n, 1, H, H)
    for i in range(n):
        r, c = torch.randint(0, H - 3, (2,)).tolist()
        m[i, 0, r:r + 4, c:c + 4] = 1
    return m + 0.5 * torch.randn(n, 1, H, H), m


net = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(), nn.Conv2d(12, 1, 3, padding=1))
opt = torch.optim.Adam(net.parameters(), lr=2e-3, eps=1e-15)
ACCUM = 2
for step in range(500):
    opt.zero_grad()
    tot = 0.0
    for _ in range(ACCUM):
        x, m = maps(12)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out = net(x)
        loss = F.binary_cross_entropy_with_logits(out.float(), m) / ACCUM * 1e-6  # the unit of the other loss terms of this project
        loss.backward()
        tot += loss.item() * 1e6
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {tot:.4f}")
with torch.no_grad():
    x, m = maps(300)
    p = net(x) > 0
    iou = (p & (m > 0)).sum() / (p | (m > 0)).sum()
print(f"FINAL loss={tot:.4f} metric={iou.item():.4f}")
