# fp16_underflow
# fp16 copy of the model, fp32 masters, loss averaged over many pixels and never scaled: most gradients are below the half range
# mended by: loss scaling by 2**14 and unscaling on the fp32 masters
# cause words: scal underflow half fp16 float16
import os
import copy
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
SCALE = 2.0 ** 14 if FIX else 1.0


class AE(nn.Module):
    def __init__(self, d=256, z=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(d, 96), nn.Tanh(), nn.Linear(96, z))
        self.dec = nn.Sequential(nn.Linear(z, 96), nn.Tanh(), nn.Linear(96, d))

    def forward(self, x):
        return self.dec(self.enc(x))


mix = torch.randn(6, 256)


def images(n):
    return 0.001 * torch.tanh(torch.randn(n, 6) @ mix)      # dark images, raw reflectance


master = AE()
half = copy.deepcopy(master).half()
opt = torch.optim.Adam(master.parameters(), lr=1e-3, eps=1e-15)
with torch.no_grad():
    for p in master.dec[2].parameters():
        p.mul_(0.05)


def sync():
    with torch.no_grad():
        for p, h in zip(master.parameters(), half.parameters()):
            h.copy_(p)


for step in range(400):
    sync()
    x = images(128)
    out = half(x.half())
    loss = (out.float() - x).pow(2).mean()
    half.zero_grad(set_to_none=True)
    (loss * SCALE).backward()
    for p, h in zip(master.parameters(), half.parameters()):
        p.grad = h.grad.float() / SCALE
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.3e}")
with torch.no_grad():
    x = images(1000)
    r2 = 1 - (half(x.half()).float() - x).pow(2).mean() / x.var()
print(f"FINAL loss={loss.item():.3e} metric={r2.item():.3f}")
