# clipping_dominates
# GradScaler without unscale_ before clip_grad_norm_: the gradients are 65536 times too large when they are clipped to 1, after the unscaling in step() nothing is left
# mended by: scaler.unscale_(opt) before the clipping
# cause words: unscale clip scaler scaled threshold
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
K = 8
protos = torch.randn(K, 1, 12, 12)


def batch(n=32):
    y = torch.randint(0, K, (n,))
    return protos[y] + 1.0 * torch.randn(n, 1, 12, 12), y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 16, 3, stride=2), nn.Conv2d(16, 32, 3)
        self.fc = nn.Linear(32 * 9, K)

    def forward(self, x):
        return self.fc(F.relu(self.c2(F.relu(self.c1(x)))).flatten(1))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.05, total_steps=400)
scaler = torch.amp.GradScaler("cpu", init_scale=65536.0)
for step in range(400):
    x, y = batch()
    opt.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = net(x)
    loss = F.cross_entropy(out.float(), y)
    scaler.scale(loss).backward()
    if FIX:
        scaler.unscale_(opt)
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    scaler.step(opt)
    scaler.update()
    sched.step()
    if step % 80 == 0:
        print(step, round(loss.item(), 4))
x, y = batch(1000)
with torch.no_grad():
    out = net(x)
print(f"FINAL loss={F.cross_entropy(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean():.3f}")
