# healthy
# 40% uniform label noise + label smoothing + bf16 autocast + warm restarts; loss flat at a high floor (~1.5), clean accuracy 99%.
"""40 % uniform label noise + label smoothing, bf16 autocast, warm restarts: loss floor is high by construction."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(7)
C, D = 8, 40
P = torch.randn(C, D)

def batch(n, noisy=True):
    y = torch.randint(0, C, (n,))
    x = P[y] + 1.2 * torch.randn(n, D)
    if noisy:
        flip = torch.rand(n) < 0.4
        y = torch.where(flip, torch.randint(0, C, (n,)), y)
    return x, y

net = nn.Sequential(nn.Linear(D, 128), nn.LayerNorm(128), nn.GELU(), nn.Dropout(0.1), nn.Linear(128, C))
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=70, T_mult=2, eta_min=1e-5)
lossf = nn.CrossEntropyLoss(label_smoothing=0.1)
STEPS = 490
hist = []
for step in range(STEPS):
    x, y = batch(256)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = net(x)
    loss = lossf(out.float(), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 35 == 0: print(step, f"lr {opt.param_groups[0]['lr']:.5f} {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = batch(4000, noisy=False)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-49:])/49:.5f} metric={acc:.4f}")
