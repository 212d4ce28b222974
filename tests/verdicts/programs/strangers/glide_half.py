# nonfinite fp16_underflow
# the whole model and Adam's moments are float16; eps=1e-8 rounds to zero there and tiny squared gradients are zero too, so the update is x/0
# mended by: Adam with eps 1e-4
# cause words: eps float16 half Adam denominator underflow zero division
import os, torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
g = torch.Generator().manual_seed(5); torch.manual_seed(5)

# toy denoiser: predict the noise that was mixed into 2-d spiral points
def spiral(n):
    a = torch.rand(n, generator=g) * 9 + 1
    return torch.stack([a * a.cos(), a * a.sin()], 1) / 5

class Eps(nn.Module):
    def __init__(self, h=128):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2 + 8, h), nn.SiLU(), nn.Linear(h, h), nn.SiLU(), nn.Linear(h, 2))
    def forward(self, x, t):
        k = torch.arange(1, 5, device=x.device)
        ang = t[:, None] * k * 3.14159
        emb = torch.cat([ang.sin(), ang.cos()], 1).to(x.dtype)
        return self.body(torch.cat([x, emb], 1))

net = Eps().half()
optim = torch.optim.Adam(net.parameters(), lr=5e-4, betas=(0.9, 0.99), eps=1e-4 if FIX else 1e-8)

def noisy(n):
    x0 = spiral(n); t = torch.rand(n, generator=g); e = torch.randn(n, 2, generator=g)
    ab = torch.cos(t * 1.5708)[:, None] ** 2
    return (ab.sqrt() * x0 + (1 - ab).sqrt() * e), t, e

for step in range(900):
    xt, t, e = noisy(256)
    pred = net(xt.half(), t)
    loss = (pred.float() - e).square().mean()
    optim.zero_grad()
    loss.backward()
    optim.step()
    if step % 100 == 0: print(step, loss.item())
with torch.no_grad():
    xt, t, e = noisy(4000)
    test = (net(xt.half(), t).float() - e).square().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={test:.4f}")
