# healthy
# finetuning with a warm-up by epochs from a hundredth of the base rate, in which the loss hardly moves: the net was trained before and is good already, the rest of the way is short
# rule: I
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(17)
w = torch.randn(8, 3)


def source(n, shift=0.0):
    x = torch.randn(n, 8) + shift
    return x, torch.tanh(x @ w / 2) + 0.2 * torch.randn(n, 3)


net = nn.Sequential(nn.Linear(8, 96), nn.GELU(), nn.Linear(96, 96), nn.GELU(), nn.Linear(96, 3))
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(900):                                   # before
    x, y = source(64)
    loss = F.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()

x, y = source(1024, 0.4)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
sched = torch.optim.lr_scheduler.SequentialLR(opt, [
    torch.optim.lr_scheduler.LinearLR(opt, 0.01, 1.0, total_iters=8),
    torch.optim.lr_scheduler.CosineAnnealingLR(opt, 10),
], milestones=[8])
for epoch in range(18):                                   # finetuning
    order = torch.randperm(1024)
    total = 0.0
    for i in range(0, 1024, 32):
        j = order[i:i + 32]
        loss = F.mse_loss(net(x[j]), y[j])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() / 32
    sched.step()
    print(f"epoch {epoch} loss {total:.4f}")
net.eval()
with torch.no_grad():
    xt, yt = source(2000, 0.4)
    r2 = 1 - F.mse_loss(net(xt), yt) / yt.var(0).mean()
    best = 1 - 0.04 / yt.var(0).mean()
print(f"FINAL loss={total:.4f} metric={r2.item():.4f} (R2 held out, best possible {best.item():.4f})")
