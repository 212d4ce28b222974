# healthy
# fp16 autocast + GradScaler on CPU with a large initial scale: the first 3 steps overflow and are skipped by the scaler, then all is normal.
"""fp16 autocast + GradScaler on CPU, big initial scale: the first steps overflow and are skipped by the scaler, then it settles."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(26)
D, C = 32, 8
P = torch.randn(2 * C, D)
def batch(n):
    k = torch.randint(0, 2 * C, (n,)); return P[k] + 0.8 * torch.randn(n, D), k % C
net = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, C))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 21, growth_interval=150)
hist, skipped = [], 0
for step in range(500):
    x, y = batch(128)
    with torch.autocast("cpu", dtype=torch.float16):
        out = net(x)
    loss = F.cross_entropy(out.float(), y)
    opt.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    old = scaler.get_scale()
    scaler.step(opt); scaler.update()
    skipped += scaler.get_scale() < old
    hist.append(loss.item())
    if step % 50 == 0 or step < 6: print(step, f"{loss.item():.4f} scale {scaler.get_scale():.0f}")
print("skipped", skipped)
with torch.no_grad():
    x, y = batch(4000); acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-50:])/50:.5f} metric={acc:.4f}")
