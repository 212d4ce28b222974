# healthy
# looks suspicious: the GradScaler starts far too high, the first gradients are inf and their steps are skipped until the scale has come down; then it trains well
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(43)
torch.set_num_threads(1)
model = nn.Sequential(nn.Linear(20, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 5))
w = torch.randn(20, 5)

def batch(n):
    x = torch.randn(n, 20)
    return (x, (x @ w + 0.3 * torch.randn(n, 5)).argmax(1))
opt = torch.optim.AdamW(model.parameters(), lr=0.002)
scaler = torch.amp.GradScaler('cpu', init_scale=2.0 ** 24, growth_interval=150)
skipped, last = (0, scaler.get_scale())
for s in range(700):
    x, y = batch(128)
    with torch.autocast('cpu', dtype=torch.float16):
        loss = F.cross_entropy(model(x).float(), y)
    opt.zero_grad()
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(opt)
    scaler.update()
    if scaler.get_scale() < last:
        skipped += 1
    last = scaler.get_scale()
    if s % 70 == 0:
        print(f'step {s} ce {loss.item():.4f} scale {last:.0f} skipped {skipped}')
x, y = batch(2000)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={acc:.4f}')
