# healthy
# looks suspicious: the loss is flat from early on at 0.61; 30 % of the labels are flipped, that is the entropy of the noise, clean accuracy is high
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(51)
torch.set_num_threads(1)
w = torch.randn(12)

def batch(n, noisy=True):
    x = torch.randn(n, 12)
    y = (x @ w > 0).float()
    return (x, torch.where(torch.rand(n) < 0.3, 1 - y, y) if noisy else y)
net = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Dropout(0.1), nn.Linear(24, 1))
opt = torch.optim.AdamW(net.parameters(), lr=0.003, weight_decay=0.01)
sched = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=5, factor=0.5)
avg = 0
for s in range(2000):
    x, y = batch(256)
    loss = F.binary_cross_entropy_with_logits(net(x).squeeze(1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    avg += loss.item() / 100
    if s % 100 == 99:
        print(f"step {s + 1} bce {avg:.4f} lr {opt.param_groups[0]['lr']:.5f}")
        sched.step(avg)
        last, avg = (avg, 0)
net.eval()
x, y = batch(5000, False)
print(f'FINAL loss={last:.4f} metric={((net(x).squeeze(1) > 0).float() == y).float().mean():.4f}')
