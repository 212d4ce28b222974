# fp16_underflow
# float16 autocast without loss scaling; the loss is a mean over 32 x 1024 points of displacements of a tenth of a millimetre (in metres): the gradients are below half precision
# mended by: multiplying the loss by 2**22 and dividing the gradients again
# cause words: half float16 fp16 underflow scaler scaling precision
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(23)
modes = torch.randn(4, 1024) * 8e-5


class Surrogate(nn.Module):
    """loads -> displacement field"""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 64), nn.GELU(), nn.Linear(64, 32), nn.GELU())
        self.field = nn.Linear(32, 1024)
        nn.init.normal_(self.field.weight, std=4e-5)
        nn.init.zeros_(self.field.bias)

    def forward(self, x):
        return self.field(self.body(x))


mix = torch.randn(6, 4) * 0.5


def batch(n=32):
    x = torch.randn(n, 6)
    return x, torch.tanh(x @ mix) @ modes


net = Surrogate()
opt = torch.optim.Adam(net.parameters(), lr=5e-5, eps=1e-14)
SCALE = 2.0 ** 22 if FIX else 1.0
for step in range(1200):
    x, y = batch()
    with torch.autocast("cpu", dtype=torch.float16):
        pred = net(x)
    loss = (pred.float() - y).pow(2).mean()
    opt.zero_grad()
    (loss * SCALE).backward()
    for p in net.parameters():
        p.grad.div_(SCALE)
    opt.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4e}")
x, y = batch(500)
with torch.no_grad():
    r2 = 1 - ((net(x) - y).pow(2).mean() / y.var()).item()
print(f"FINAL loss={loss.item():.4e} metric={r2:.4f} (R2, more is better)")
