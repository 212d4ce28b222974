# oscillating_loss
# learning rate 1.5 with L1 loss and SGD: the gradient has the same size everywhere, so the weights jump to and fro over the minimum for ever
# mended by: learning rate 0.05 with momentum and cosine decay
# cause words: learning rate, lr, step size, too large, too high
# thread: "Time series forecast loss fluctuates and does not converge"
import os
import math
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
t = torch.arange(3000).float()
series = torch.sin(t / 9) + 0.5 * torch.sin(t / 3.7 + 1) + 0.05 * torch.randn(3000)
win = series.unfold(0, 25, 1)
X, Y = win[:, :24], win[:, 24:]
Xtr, Ytr, Xte, Yte = X[:2400], Y[:2400], X[2400:], Y[2400:]

model = nn.Linear(24, 1)  # AR(24)
opt = torch.optim.SGD(model.parameters(), lr=0.05 if FIX else 1.5, momentum=0.9 if FIX else 0.0)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: 0.5 * (1 + math.cos(math.pi * min(s, 900) / 900)) if FIX else 1.0)
crit = nn.L1Loss()
for step in range(900):
    i = torch.randint(0, len(Xtr), (64,))
    loss = crit(model(Xtr[i]), Ytr[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 60 == 0:
        print(f"{step} mae {loss.item():.4f}")
with torch.no_grad():
    mae = crit(model(Xte), Yte).item()
print(f"FINAL loss={loss.item():.4f} metric={mae:.4f}")
