# clipping_dominates
# mixed precision: clip_grad_norm_ is called on the still scaled gradients (scaler.unscale_ is missing), so every step is cut to a norm of 1/scale
# mended by: scaler.unscale_(optimizer) before clipping
# cause words: clip unscale scaler scaled
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(18); torch.set_num_threads(1)

@dataclass
class TrainArgs:
    lr: float = 0.2
    accum: int = 2
    max_norm: float = 1.0
    steps: int = 500
    init_scale: float = 4096.0

class SeriesNet(nn.Module):
    def __init__(self, c=24, horizon=8):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, c, 7, padding=3), nn.GroupNorm(4, c), nn.GELU(),
                                  nn.Conv1d(c, c, 7, 2, 3), nn.GroupNorm(4, c), nn.GELU())
        self.out = nn.Linear(c * 24, horizon)
    def forward(self, x):
        return self.out(self.conv(x[:, None]).flatten(1))

def series(n):
    t = torch.arange(56).float()
    per, ph, a = 10 + 14 * torch.rand(n, 1), 6.28 * torch.rand(n, 1), 0.5 + torch.rand(n, 1)
    y = a * torch.sin(6.28 * t / per + ph) + 0.05 * torch.randn(n, 56)
    return y[:, :48], y[:, 48:]

class Trainer:
    def __init__(self, model, args, callbacks=()):
        self.model, self.a, self.cbs = model, args, callbacks
        self.opt = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=args.init_scale, growth_interval=10_000)
    def micro(self):
        x, y = series(32)
        with torch.autocast("cpu", dtype=torch.float16):
            out = self.model(x)
        loss = F.mse_loss(out.float(), y)
        self.scaler.scale(loss / self.a.accum).backward()
        return loss.item() / self.a.accum
    def fit(self):
        for step in range(self.a.steps):
            loss = sum(self.micro() for _ in range(self.a.accum))
            if FIX:
                self.scaler.unscale_(self.opt)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.a.max_norm)
            self.scaler.step(self.opt)
            self.scaler.update()
            self.opt.zero_grad(set_to_none=True)
            for cb in self.cbs:
                cb(step, loss)
        return loss

def log(step, loss):
    if step % 50 == 0:
        print(f"step {step} mse {loss:.4f}")

model = SeriesNet()
loss = Trainer(model, TrainArgs(), [log]).fit()
with torch.no_grad():
    x, y = series(1000)
    r2 = 1 - F.mse_loss(model(x), y).item() / y.var().item()
print(f"FINAL loss={loss:.4f} metric={r2:.4f}")
