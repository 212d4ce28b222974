# clipping_dominates
# gradients are clipped to 1.0 while still multiplied by the GradScaler's 2**14: after unscaling they are a 16,000th of the meant norm
# mended by: scaler.unscale_(opt) before clip_grad_norm_
# cause words: unscale, scaler, clip, scaled
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
PROTO = torch.randn(8, 3, 10, 10)


def make_batch(n=64):
    y = torch.randint(0, 8, (n,))
    return PROTO[y] + 1.5 * torch.randn(n, 3, 10, 10), y


class ResBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        self.n1, self.n2 = nn.GroupNorm(4, c), nn.GroupNorm(4, c)

    def forward(self, x):
        return x + self.b(F.relu(self.n2(self.a(F.relu(self.n1(x))))))


net = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, stride=2), ResBlock(16), nn.Flatten(), nn.Linear(400, 8))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 14)
for it in range(400):
    x, y = make_batch()
    opt.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.float16):
        logits = net(x)
    loss = F.cross_entropy(logits.float(), y)
    scaler.scale(loss).backward()
    if FIX:
        scaler.unscale_(opt)
    nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
    scaler.step(opt)
    scaler.update()
    if it % 80 == 0:
        print(f"it {it}: loss {loss.item():.4f} scale {scaler.get_scale():.0f}")
net.eval()
with torch.no_grad():
    x, y = make_batch(500)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
