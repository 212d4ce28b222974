# fp16_underflow vanishing_gradient
# two towers under float16 autocast: the second task's loss has weight 1e-6 and the loss scale is fixed at 1, so that tower's gradients underflow to zero while the first task learns
# mended by: GradScaler with its default scale (65536)
# cause words: scale scaler underflow float16 half GradScaler init_scale
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, D = 4096, 20
x = torch.randn(N, D)
click = (x @ torch.randn(D) + 0.3 * torch.randn(N) > 0).long()
dwell = torch.tanh(x @ torch.randn(D, 4) / D ** 0.5)


class TwoTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.click = nn.Sequential(nn.Linear(D, 64), nn.GELU(), nn.Linear(64, 2))
        self.dwell = nn.Sequential(nn.Linear(D, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 4))

    def forward(self, x):
        return self.click(x), self.dwell(x)


net = TwoTower()
opt = torch.optim.Adam(net.parameters(), lr=2e-3, eps=1e-16)
scaler = torch.amp.GradScaler("cpu") if FIX else torch.amp.GradScaler("cpu", init_scale=1.0, growth_interval=10 ** 6)
dl = DataLoader(TensorDataset(x, click, dwell), batch_size=256, shuffle=True)
for epoch in range(30):
    for xb, cb, db in dl:
        opt.zero_grad()
        with torch.autocast("cpu", dtype=torch.float16):
            c, d = net(xb)
            l1 = F.cross_entropy(c.float(), cb)
            l2 = F.mse_loss(d.float(), db)
            loss = l1 + 1e-6 * l2          # dwell time matters little for the ranking
        scaler.scale(loss).backward()
        scaler.step(opt)
        scaler.update()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} click {l1.item():.4f} dwell {l2.item():.4f}")
with torch.no_grad():
    c, d = net(x)
    acc = (c.argmax(-1) == click).float().mean().item()
    r2 = 1 - F.mse_loss(d, dwell).item() / dwell.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.3f} (dwell r2; click acc {acc:.3f})")
