# healthy
# float16 with a GradScaler that starts far too high: the first ten or so scaled gradients are infinite and the steps are skipped, then the scale fits and the training is normal
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
W = torch.randn(16, 2)


def batch(n=64):
    x = torch.randn(n, 16)
    return x, torch.tanh(x @ W / 2)


class Reg(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 2))

    def forward(self, x):
        return self.body(x)


net = Reg()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 28, growth_interval=200)
skipped = 0
for step in range(600):
    x, y = batch()
    with torch.autocast("cpu", dtype=torch.float16):
        out = net(x)
    loss = F.mse_loss(out.float(), y)
    opt.zero_grad()
    before = scaler.get_scale()
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    scaler.step(opt)
    scaler.update()
    skipped += scaler.get_scale() < before
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.5f} scale {scaler.get_scale():.0f} skipped {skipped}")
x, y = batch(2000)
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(x), y) / y.var()
print(f"FINAL loss={loss.item():.5f} metric={r2.item():.3f} skipped={skipped}")
