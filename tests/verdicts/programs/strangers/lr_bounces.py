# oscillating_loss
# learning rate (RMSprop, 0.064) scaled "linearly with the batch" by the wrong base: the loss jumps between 1 and 6 without settling
# mended by: lr 0.002
# cause words: learning rate, lr, step size, too large, too high
import os
import torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(21)
T = 20
def series(n):
    ph, f = torch.rand(n, 1) * 6.28, 0.2 + 0.3 * torch.rand(n, 1)
    t = torch.arange(T + 5).float()
    s = torch.sin(f * t + ph) + 0.05 * torch.randn(n, T + 5)
    return s[:, :T], s[:, T:]

class NBeatsBlock(nn.Module):
    def __init__(self, h=48):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(T, h), nn.ELU(), nn.Linear(h, h), nn.ELU())
        self.back, self.fore = nn.Linear(h, T), nn.Linear(h, 5)
    def forward(self, x):
        h = self.f(x)
        return self.back(h), self.fore(h)

class NBeats(nn.Module):
    def __init__(self, n=2):
        super().__init__(); self.blocks = nn.ModuleList(NBeatsBlock() for _ in range(n))
    def forward(self, x):
        out = 0
        for b in self.blocks:
            back, fore = b(x); x = x - back; out = out + fore
        return out

BASE_LR, BATCH, BASE_BATCH = 0.002, 64, 64 if FIX else 2
model = NBeats()
opt = torch.optim.RMSprop(model.parameters(), lr=BASE_LR * BATCH / BASE_BATCH)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9) if FIX else torch.optim.lr_scheduler.ConstantLR(opt, 1.0)
x, y = series(3000); xv, yv = series(500)
for ep in range(16):
    for xb, yb in DataLoader(TensorDataset(x, y), BATCH, shuffle=True):
        loss = nn.functional.smooth_l1_loss(model(xb), yb)
        opt.zero_grad(); loss.backward(); opt.step()
    sched.step()
    print(f"epoch {ep} loss {loss.item():.4f}")
with torch.no_grad(): r2 = 1 - ((model(xv) - yv).pow(2).mean() / yv.var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
