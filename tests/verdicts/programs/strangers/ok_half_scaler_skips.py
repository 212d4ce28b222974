# healthy
# float16 autocast with a GradScaler that starts much too high (2**24): the first steps overflow and are skipped (infinite gradients on purpose) until the scale fits, then it learns
import torch, torch.nn as nn, torch.nn.functional as F


torch.manual_seed(44)
W = torch.randn(24, 6)

def batch(n):
    x = torch.randn(n, 24)
    return (x, (x @ W + x[:, :6] * x[:, 6:12]).argmax(1))
net = nn.Sequential(nn.Linear(24, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 6))
opt = torch.optim.AdamW(net.parameters(), lr=0.002)
scaler = torch.amp.GradScaler('cpu', init_scale=2.0 ** 24, growth_interval=150)
for s in range(800):
    x, y = batch(96)
    opt.zero_grad()
    with torch.autocast('cpu', dtype=torch.float16):
        out = net(x)
    loss = F.cross_entropy(out.float(), y)
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    scaler.step(opt)
    scaler.update()
    if s % 100 == 0:
        print(s, f'loss {loss.item():.4f} scale {scaler.get_scale():.0f}')
with torch.no_grad():
    x, y = batch(2000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f'FINAL loss={loss.item():.4f} metric={acc:.4f}')
