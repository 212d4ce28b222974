# fp16_underflow
# coordinate network under float16 autocast without a GradScaler; mean over 4096 rays, small residuals and division by 256 accumulation steps put the gradients below the smallest half-precision number
# mended by: GradScaler
# cause words: scaler underflow half fp16 float16 precision
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, ACCUM = 4096, 256


def field(p):
    return 0.01 * torch.stack([torch.sin(3 * p[:, 0]) * torch.cos(2 * p[:, 1]), torch.sin(2 * p[:, 0] + p[:, 1]), torch.cos(3 * p[:, 1])], 1)


def encode(p, bands=3):
    out = [p]
    for k in range(bands):
        out += [torch.sin(2 ** k * p), torch.cos(2 ** k * p)]
    return torch.cat(out, 1)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(14, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))
        nn.init.normal_(self.net[-1].weight, std=1e-3)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, p):
        return self.net(encode(p))


model = Field()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
scaler = torch.amp.GradScaler("cpu", enabled=FIX, init_scale=2.0 ** 16)
for step in range(500):
    p = torch.rand(N, 2) * 2 - 1
    with torch.autocast("cpu", dtype=torch.float16):
        rgb = model(p)
    mse = (rgb.float() - field(p)).pow(2).mean()
    loss = mse / ACCUM
    opt.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(opt)
    scaler.update()
    if step % 80 == 0:
        print(f"step {step} mse {mse.item():.3e}")
p = torch.rand(4000, 2) * 2 - 1
with torch.no_grad():
    r2 = 1 - (model(p) - field(p)).pow(2).mean() / field(p).var()
print(f"FINAL loss={mse.item():.3e} metric={r2.item():.3f}")
