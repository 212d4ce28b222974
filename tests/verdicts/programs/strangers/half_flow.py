# fp16_underflow
# whole network in float16, MSE averaged over many outputs that are small numbers (velocities in metres): gradients fall under 6e-8 and are flushed to zero, no loss scaling
# mended by: multiply the loss with a scale of 2**15 and divide the gradients in float32 before the step
# cause words: underflow, float16, half, loss scal, GradScaler, precision
import os
import torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)

class FlowNet(nn.Module):
    def __init__(self, grid=16):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(12, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.dec = nn.Linear(64, grid * grid * 2)
        for m in (self.enc[0], self.enc[2]): nn.init.orthogonal_(m.weight, 0.8)
    def forward(self, x): return self.dec(self.enc(x))

torch.manual_seed(4)
basis = torch.randn(12, 512) * 4e-5
def batch(n=64):
    x = torch.randn(n, 12)
    return x, torch.sin(0.7 * x) @ basis

SCALE = 2.0 ** 15 if FIX else 1.0
master = FlowNet()
with torch.no_grad(): master.dec.weight.mul_(0.0004); master.dec.bias.zero_()
model = FlowNet().half()
pairs = list(zip(model.parameters(), master.parameters()))
opt = torch.optim.SGD(master.parameters(), lr=60.0, momentum=0.9)

def sync():
    with torch.no_grad():
        for p, m in pairs: p.copy_(m)

for step in range(800):
    sync()
    x, y = batch()
    model.zero_grad()
    out = model(x.half())
    loss = ((out - y.half()).float() * 1.0).pow(2).mean()
    (loss * SCALE).backward()
    for p, m in pairs:
        m.grad = p.grad.float() / SCALE
    opt.step()
    if step % 100 == 0: print(step, f"loss {loss.item():.3e}")
sync()
with torch.no_grad():
    x, y = batch(512)
    r2 = 1 - ((model(x.half()).float() - y).pow(2).mean() / y.var()).item()
print(f"FINAL loss={loss.item():.3e} metric={r2:.4f}")
