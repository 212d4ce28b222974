# fp16_underflow
# float16 autocast without a GradScaler: the per-pixel gradients of the averaged, lightly weighted loss are below what float16 holds
# mended by: torch.amp.GradScaler around backward and step
# cause words: scaler, loss scaling, fp16, half, float16, underflow
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
LOSS_WEIGHT = 1e-4  # weight of the mask loss in the recipe


def discs(n, size=16):
    yy, xx = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    c = torch.randint(5, size - 5, (n, 2))
    r = torch.randint(2, 6, (n,))
    d = (yy[None] - c[:, 0, None, None]) ** 2 + (xx[None] - c[:, 1, None, None]) ** 2
    mask = (d <= r[:, None, None] ** 2).float()[:, None]
    return mask * 0.8 + 0.5 * torch.randn(n, 1, size, size), mask


class TinyUNet(nn.Module):
    def __init__(self, c=6):
        super().__init__()
        self.d1 = nn.Conv2d(1, c, 3, padding=1)
        self.d2 = nn.Conv2d(c, 2 * c, 3, padding=1, stride=2)
        self.mid = nn.Conv2d(2 * c, 2 * c, 3, padding=1)
        self.u1 = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.out = nn.Conv2d(2 * c, 1, 1)

    def forward(self, x):
        a = F.relu(self.d1(x))
        b = F.relu(self.mid(F.relu(self.d2(a))))
        return self.out(torch.cat([a, F.relu(self.u1(b))], 1))


net = TinyUNet()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
scaler = torch.amp.GradScaler("cpu", enabled=FIX)
for step in range(200):
    img, mask = discs(32)
    with torch.autocast("cpu", dtype=torch.float16):
        logits = net(img)
        bce = F.binary_cross_entropy_with_logits(logits.float(), mask)
        loss = LOSS_WEIGHT * bce
    opt.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(opt)
    scaler.update()
    if step % 40 == 0:
        print(f"{step}: mask bce {bce.item():.4f}")

net.eval()
with torch.no_grad():
    img, mask = discs(200)
    pred = net(img) > 0
    iou = ((pred & (mask > 0)).sum() / (pred | (mask > 0)).sum()).item()
print(f"FINAL loss={bce.item():.4f} metric={iou:.3f}")
