# fp16_underflow
# float16 autocast without GradScaler, and the loss is a mean over all pixels divided by the accumulation steps: the gradients fall under the smallest half number
# mended by: GradScaler
# cause words: float16 half underflow scaler GradScaler autocast
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
S = 24


def batch(n=4):
    yy, xx = torch.meshgrid(torch.arange(S), torch.arange(S), indexing="ij")
    c = torch.randint(6, S - 6, (n, 2))
    r = torch.randint(2, 5, (n, 1, 1))
    m = (((yy - c[:, :1, None]) ** 2 + (xx - c[:, 1:, None]) ** 2) < r ** 2).float()
    img = m * ((yy + xx) % 2 * 2 - 1) * 1.5 + 0.5 * torch.randn(n, S, S)
    return img[:, None], m[:, None]


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1 = nn.Conv2d(1, 8, 3, padding=1)
        self.d2 = nn.Conv2d(8, 16, 3, padding=1)
        self.u1 = nn.Conv2d(16, 8, 3, padding=1)
        self.u2 = nn.Conv2d(16, 8, 3, padding=1)
        self.out = nn.Conv2d(8, 1, 1)
        nn.init.normal_(self.out.weight, std=1e-3)
        nn.init.constant_(self.out.bias, -4.6)

    def forward(self, x):
        a = F.relu(self.d1(x))
        b = F.relu(self.d2(F.max_pool2d(a, 2)))
        c = F.interpolate(F.relu(self.u1(b)), scale_factor=2)
        return self.out(F.relu(self.u2(torch.cat([a, c], 1))))


net = TinyUNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3, eps=1e-13)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 21, enabled=FIX)
ACCUM = 2
N_PIX_TOTAL = 16384 * S * S          # normaliser of the paper: pixels of the whole set
for it in range(200):
    opt.zero_grad()
    shown = 0.0
    for _ in range(ACCUM):
        img, mask = batch()
        with torch.autocast("cpu", dtype=torch.float16):
            logit = net(img)
            raw = F.binary_cross_entropy_with_logits(logit.float(), mask, reduction="sum")
            loss = raw / N_PIX_TOTAL / ACCUM
        scaler.scale(loss).backward()
        shown += raw.item() / mask.numel() / ACCUM
    scaler.step(opt)
    scaler.update()
    if it % 50 == 0:
        print(f"iter {it} bce per pixel {shown:.4f}")
with torch.no_grad():
    img, mask = batch(64)
    p = (net(img) > 0).float()
    iou = ((p * mask).sum() / ((p + mask) > 0).float().sum()).item()
print(f"FINAL loss={shown:.4f} metric={iou:.4f}")
