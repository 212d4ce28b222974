# fp16_underflow
# fp16 autocast without a GradScaler, and the segmentation loss is a mean over all pixels times a small auxiliary weight: the per-element gradients fall under 6e-8 and flush to zero in half
# mended by: scale the loss by 2**14 before backward and unscale the gradients before the step
# cause words: scaler, fp16, half, underflow, autocast, loss scale
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
B, S = 8, 16

def batch():
    img = 0.5 * torch.randn(B, 1, S, S)
    mask = torch.zeros(B, 1, S, S)
    for i in range(B):
        r, c = torch.randint(0, S - 6, (2,)).tolist()
        h, w = torch.randint(3, 7, (2,)).tolist()
        mask[i, :, r:r + h, c:c + w] = 1
    return img + 1.2 * mask, mask

class Seg(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3, padding=1)
        self.c2 = nn.Conv2d(12, 12, 3, padding=1)
        self.c3 = nn.Conv2d(12, 1, 1)
    def forward(self, x):
        x = F.relu(self.c1(x))
        x = F.relu(self.c2(x))
        return self.c3(x)

net = Seg()
opt = torch.optim.Adam(net.parameters(), lr=5e-3, eps=1e-12)
scale = 2.0 ** 14 if FIX else 1.0
W_SEG = 1e-4                       # weight of this head in the multi-task sum of the paper
for step in range(500):
    x, m = batch()
    with torch.autocast("cpu", dtype=torch.float16):
        out = net(x)
    raw = F.binary_cross_entropy_with_logits(out.float(), m)
    loss = W_SEG * raw
    opt.zero_grad()
    (loss * scale).backward()
    for p in net.parameters():
        p.grad.div_(scale)
    opt.step()
    if step % 60 == 0:
        print(step, f"seg bce {raw.item():.4f}")
inter = union = 0
with torch.no_grad():
    for _ in range(10):
        x, m = batch()
        p = (net(x) > 0).float()
        inter += (p * m).sum().item(); union += ((p + m) > 0).float().sum().item()
print(f"FINAL loss={raw.item():.4f} metric={inter / union:.3f}")
