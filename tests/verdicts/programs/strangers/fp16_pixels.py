# fp16_underflow
# hand-made half precision without loss scaling: the small per-pixel gradients of a mean over many pixels fall below fp16's smallest number
# mended by: static loss scale 65536, unscaled in the fp32 master copy
# cause words: scaler scaling GradScaler underflow half fp16 float16
import copy, os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
SCALE = 65536.0 if FIX else 1.0


class Denoise(nn.Module):
    """pointwise residual denoiser on 4-channel pixels; corrections are small (sensor gain about 0.3 %)"""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 32)
        self.b = nn.Linear(32, 32)
        self.c = nn.Linear(32, 4)

    def forward(self, x):
        h = torch.tanh(self.a(x))
        h = torch.tanh(self.b(h))
        return self.c(h) * 0.05


def batch(n=4096):
    x = torch.randn(n, 4)
    corr = torch.stack([x[:, 0] * x[:, 1], torch.sin(2 * x[:, 1]), x[:, 2].abs(), torch.cos(x[:, 3])], 1) * 0.003
    return x, corr


master = Denoise()                             # fp32 master weights
with torch.no_grad():
    master.c.weight.mul_(0.02)
    master.c.bias.zero_()
model = copy.deepcopy(master).half()           # fp16 working copy
opt = torch.optim.Adam(master.parameters(), lr=2e-3)
for step in range(320):
    x, corr = batch()
    pred = model(x.half())
    loss = ((pred - corr.half()) ** 2).float().mean()
    model.zero_grad()
    (loss * SCALE).backward()
    for pm, ph in zip(master.parameters(), model.parameters()):
        pm.grad = ph.grad.float() / SCALE
    opt.step()
    with torch.no_grad():
        for pm, ph in zip(master.parameters(), model.parameters()):
            ph.copy_(pm)
    if step % 75 == 0:
        print(f"{step} loss {loss.item():.3e}")
x, corr = batch()
with torch.no_grad():
    r2 = 1 - ((master(x) - corr) ** 2).mean() / ((corr - corr.mean(0)) ** 2).mean()
print(f"FINAL loss={loss.item():.3e} metric={r2.item():.4f} (R2 of the correction)")
