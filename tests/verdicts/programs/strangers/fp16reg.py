# fp16_underflow
# autocast(float16) without loss scaling: errors of 1e-4 (metres) averaged over a batch of 4096 x 8 give output gradients of 1e-8, which are zero in half precision
# mended by: GradScaler
# cause words: GradScaler loss scal half float16 fp16 underflow
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(33); torch.set_num_threads(1)

@dataclass
class Cfg:
    batch: int = 4096
    sensors: int = 8
    steps: int = 320
    unit: float = 1e-4          # displacements in metres

class Surrogate(nn.Module):
    """loads on a beam -> displacement at the sensors"""
    def __init__(self, c, h=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh())
        self.head = nn.Linear(h, c.sensors)
        nn.init.normal_(self.head.weight, std=1e-5); nn.init.zeros_(self.head.bias)
    def forward(self, x):
        return self.head(self.body(x))

c = Cfg()
A, B = torch.randn(6, 8) / 2.5, torch.randn(6, 8) / 2.5
def beams(n):
    x = torch.randn(n, 6)
    return x, c.unit * (x @ A + 0.5 * torch.tanh(x @ B))

class Trainer:
    def __init__(self, model):
        self.m = model
        self.opt = torch.optim.Adam([{"params": model.body.parameters(), "lr": 2e-3},
                                     {"params": model.head.parameters(), "lr": 2e-6}], eps=1e-14)
        self.scaler = torch.amp.GradScaler("cpu", enabled=FIX, init_scale=2.0 ** 18)
    def step(self, x, y):
        with torch.autocast("cpu", dtype=torch.float16):
            p = self.m(x)
        loss = F.mse_loss(p.float(), y)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.opt); self.scaler.update()
        self.opt.zero_grad()
        return loss.item()

tr = Trainer(Surrogate(c))
for s in range(c.steps):
    l = tr.step(*beams(c.batch))
    if s % 40 == 0:
        print(f"step {s} mse {l:.3e}")
with torch.no_grad():
    x, y = beams(4000)
    r2 = 1 - F.mse_loss(tr.m(x), y).item() / y.var().item()
print(f"FINAL loss={l:.3e} metric={r2:.4f}")
