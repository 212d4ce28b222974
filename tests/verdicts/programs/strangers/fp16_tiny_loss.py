# fp16_underflow
# float16 model whose loss is averaged over all pixels and divided by accumulation steps without any loss scaling: most gradients round to zero
# mended by: loss scaling (x 4096, gradients divided again before the step)
# cause words: half, float16, fp16, underflow, loss scal, GradScaler
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(24)
ACCUM, SCALE = 4, 4096.0 if FIX else 1.0
basis = torch.randn(5, 256)


def batch(n=16):
    z = torch.randn(n, 5)
    return 0.0006 * (z @ basis)  # reflectances, small numbers


class AE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(256, 64), nn.ELU(), nn.Linear(64, 5))
        self.dec = nn.Sequential(nn.Linear(5, 64), nn.ELU(), nn.Linear(64, 256))

    def forward(self, x):
        return self.dec(self.enc(x))


model = AE().half()
for m in model.modules():
    if isinstance(m, nn.Linear):
        nn.init.zeros_(m.bias)
master = [p.detach().float().clone().requires_grad_() for p in model.parameters()]
optimizer = torch.optim.Adam(master, lr=1e-3, eps=1e-10)
val = batch(256)
for step in range(600):
    total = 0.0
    model.zero_grad()
    for _ in range(ACCUM):
        x = batch().half()
        loss = nn.functional.mse_loss(model(x), x) / ACCUM
        (loss * SCALE).backward()
        total += loss.item()
    for m, p in zip(master, model.parameters()):
        m.grad = p.grad.float() / SCALE
    optimizer.step()
    with torch.no_grad():
        for m, p in zip(master, model.parameters()):
            p.copy_(m)
    if step % 60 == 0:
        print(f"step {step} loss {total:.6f}")
with torch.no_grad():
    rec = model(val.half()).float()
    rel = ((rec - val) ** 2).sum() / (val ** 2).sum()
print(f"FINAL loss={total:.7f} metric={rel.item():.4f} (relative error, lower is better)")
