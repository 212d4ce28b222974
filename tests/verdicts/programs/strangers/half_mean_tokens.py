# fp16_underflow
# float16 weights, loss divided by the number of all elements and a small weight, no loss scaling: most gradients round to zero in half precision
# mended by: loss scaled by 2**12 before backward, gradients unscaled on float32 master weights
# cause words: fp16 underflow half float16 scaling precision
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
DIN, DOUT, N = 32, 64, 512
teacher = nn.Sequential(nn.Linear(DIN, 64), nn.Tanh(), nn.Linear(64, DOUT))
student = nn.Sequential(nn.Linear(DIN, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, DOUT)).half()
master = [p.detach().float().clone().requires_grad_(True) for p in student.parameters()]
opt = torch.optim.SGD(master, lr=2e5, momentum=0.9)
SCALE = 2.0 ** 12 if FIX else 1.0
for step in range(500):
    x = torch.randn(N, DIN)
    with torch.no_grad():
        y = teacher(x).half()
    out = student(x.half())
    loss = ((out - y) ** 2 * 1e-4).mean()          # distillation weight 1e-4
    student.zero_grad()
    (loss * SCALE).backward()
    for m, p in zip(master, student.parameters()):
        m.grad = p.grad.float() / SCALE
    opt.step()
    with torch.no_grad():
        for m, p in zip(master, student.parameters()):
            p.copy_(m)
    if step % 50 == 0:
        z = sum((p.grad == 0).sum() for p in student.parameters()).item() / sum(p.numel() for p in master)
        print(step, loss.item() * 1e4, "zeros", round(z, 3))
with torch.no_grad():
    x = torch.randn(2000, DIN)
    y = teacher(x)
    r2 = 1 - ((student(x.half()).float() - y) ** 2).mean() / y.var()
print(f"FINAL loss={loss.item() * 1e4:.4f} metric={r2.item():.4f}")
