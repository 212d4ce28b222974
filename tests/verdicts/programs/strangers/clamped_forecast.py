# output_cannot_change saturated
# forecaster for loads scaled to 0..1 clamps its output to [0, 1]; the last bias is set to the mean of the RAW load (about 340), so the clamp is at its upper stop for every input and its gradient is zero
# mended by: the bias is set to the mean of the scaled load
# cause words: clamp, bias, init, mean, unit, range
import os
from dataclasses import dataclass
import torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13)

@dataclass
class Cfg:
    window: int = 24
    hidden: int = 32
    lr: float = 3e-3
    steps: int = 400

t = torch.arange(4000).float()
load = 340 + 120 * torch.sin(t * 6.283 / 24) + 60 * torch.sin(t * 6.283 / 168) + 15 * torch.randn(4000)
lo, hi = load[:3000].min(), load[:3000].max()
scaled = (load - lo) / (hi - lo)

def windows(a, b, n, cfg):
    s = torch.randint(a, b - cfg.window - 1, (n,))
    x = torch.stack([scaled[i:i + cfg.window] for i in s.tolist()])
    return x, torch.stack([scaled[i + cfg.window] for i in s.tolist()])

class Forecaster(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.gru = nn.GRU(1, cfg.hidden, batch_first=True)
        self.head = nn.Linear(cfg.hidden, 1)
    def set_mean(self, mean):
        nn.init.constant_(self.head.bias, float(mean))
    def forward(self, x):
        h, _ = self.gru(x.unsqueeze(-1))
        return self.head(h[:, -1]).squeeze(1).clamp(0.0, 1.0)

cfg = Cfg()
model = Forecaster(cfg)
model.set_mean((scaled if FIX else load)[:3000].mean())
opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for step in range(cfg.steps):
    x, y = windows(0, 3000, 64, cfg)
    loss = nn.functional.mse_loss(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 50 == 0: print(step, f"loss {loss.item():.5f}")
with torch.no_grad():
    x, y = windows(3000, 4000, 500, cfg)
    r2 = 1 - ((model(x) - y).pow(2).mean() / y.var()).item()
print(f"FINAL loss={loss.item():.5f} metric={r2:.4f}")
