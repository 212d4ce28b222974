# clipping_dominates not_learning
# clip_grad_norm_ runs before scaler.unscale_: the threshold 1.0 is compared with gradients multiplied by 65536, so every step is clipped and the later unscale divides it to 1e-5 of a step.
# mended by: calling scaler.unscale_(opt) before clip_grad_norm_
# cause words: unscale, scaler, clip, order, scaled gradients, every step clipped, tiny
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)
g = torch.Generator().manual_seed(4)
def beats(n):
    """three heart-beat classes: normal, wide QRS, inverted T"""
    t = torch.linspace(0, 1, 96)
    y = torch.randint(0, 3, (n,), generator=g)
    sh = 0.05 * torch.randn(n, 1, generator=g)
    amp = 1 + 0.2 * torch.randn(n, 1, generator=g)
    w = torch.where(y == 1, 0.05, 0.02)[:, None] * (1 + 0.15 * torch.randn(n, 1, generator=g))
    sign = torch.where(y == 2, -1.0, 1.0)[:, None]
    s = amp * torch.exp(-((t - 0.4 - sh) / w) ** 2) + 0.25 * sign * torch.exp(-((t - 0.7 - sh) / 0.08) ** 2)
    s = s + 0.15 * torch.sin(6.28 * (t + torch.rand(n, 1, generator=g))) + 0.12 * torch.randn(n, 96, generator=g)
    return s[:, None], y
class ECGNet(nn.Module):
    def __init__(self, c=24):
        super().__init__()
        self.stem = nn.Conv1d(1, c, 9, stride=2, padding=4)
        self.n1, self.n2 = nn.GroupNorm(4, c), nn.GroupNorm(4, c)
        self.c1, self.c2 = nn.Conv1d(c, c, 5, padding=2), nn.Conv1d(c, c, 5, padding=2)
        self.fc = nn.Linear(c * 6, 3)
    def forward(self, x):
        x = self.stem(x)
        x = x + self.c1(F.silu(self.n1(x)))
        x = x + self.c2(F.silu(self.n2(x)))
        return self.fc(F.adaptive_avg_pool1d(F.silu(x), 6).flatten(1))
xtr, ytr = beats(3000)
xte, yte = beats(600)
net = ECGNet()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 16)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 0.08, total_steps=400)
for step in range(400):
    i = torch.randint(0, len(xtr), (64,), generator=g)
    opt.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = net(xtr[i])
    loss = F.cross_entropy(out.float(), ytr[i])
    scaler.scale(loss).backward()
    if FIX:
        scaler.unscale_(opt)
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    scaler.step(opt)
    scaler.update()
    sched.step()
    if step % 40 == 0:
        print(f"step {step} loss {loss.item():.4f} scale {scaler.get_scale():.0f}")
net.eval()
with torch.no_grad():
    o = net(xte)
print(f"FINAL loss={F.cross_entropy(o, yte).item():.4f} metric={(o.argmax(1) == yte).float().mean().item():.4f}")
