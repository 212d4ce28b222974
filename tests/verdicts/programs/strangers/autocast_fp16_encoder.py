# fp16_underflow vanishing_gradient
# CPU autocast to float16 around the encoder, without a GradScaler; the auxiliary head is weighted down so that the gradients that enter the half-precision encoder are below its smallest number
# mended by: torch.amp.GradScaler("cpu") around backward and step
# cause words: underflow, float16, autocast, GradScaler, scal, half
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
K = 5
freqs = torch.rand(K, 8) * 2 + 0.3

def batch(n):
    y = torch.randint(0, K, (n,))
    t = torch.linspace(0, 6.28, 32)
    ph = torch.rand(n, 1) * 6.28
    x = sum(torch.sin((2 + y[:, None]) * t[None] * f + ph) for f in (1.0, 2.0)) + 0.3 * torch.randn(n, 32)
    return x, y

class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(32, 96), nn.Linear(96, 96), nn.Linear(96, 32)
    def forward(self, x): return self.c(F.gelu(self.b(F.gelu(self.a(x)))))

class Head(nn.Module):
    def __init__(self, temp=3e-4):
        super().__init__()
        self.proto = nn.Parameter(torch.randn(K, 32) * 0.1); self.temp = temp
    def forward(self, z): return z.float() @ self.proto.T

enc, head = Encoder(), Head()
params = [{"params": enc.parameters(), "lr": 2e-3}, {"params": head.parameters(), "lr": 1e-6}]
opt = torch.optim.Adam(params, eps=1e-12)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 16, enabled=FIX)
WEIGHT = 1e-5           # the weight of this task in the mixture
for step in range(900):
    x, y = batch(128)
    opt.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16):
        z = enc(x)
    loss = WEIGHT * F.cross_entropy(head(z), y)
    scaler.scale(loss).backward()
    scaler.step(opt); scaler.update()
    if step % 150 == 0: print(step, f"loss {loss.item() / WEIGHT:.4f}")
with torch.no_grad():
    x, y = batch(2000)
    acc = (head(enc(x)).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item() / WEIGHT:.4f} metric={acc:.4f}")
