# healthy
# CosineAnnealingWarmRestarts: long flat stretch at first, the loss rises again by half at each restart and then settles lower, that is the purpose of the schedule
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.rand(3000, 3) * 2 - 1
y = torch.sin(4 * x[:, 0]) * torch.cos(3 * x[:, 1]) + 0.5 * x[:, 2] ** 2
net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=2e-2)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=200, T_mult=2, eta_min=1e-5)

def evaluate():
    net.eval()
    with torch.no_grad():
        out = F.mse_loss(net(x[2500:]).squeeze(1), y[2500:]).item()
    net.train()
    return out


for step in range(1400):
    i = torch.randint(0, 2500, (64,))
    loss = F.mse_loss(net(x[i]).squeeze(1), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 70 == 0:
        print(step, f"loss {loss.item():.5f} val {evaluate():.5f} lr {opt.param_groups[0]['lr']:.5f}")
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(x[2500:]).squeeze(1), y[2500:]) / y[2500:].var()
print(f"FINAL loss={loss.item():.6f} metric={r2.item():.4f}")
