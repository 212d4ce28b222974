# healthy
# SGD at lr 2.0 looks absurd, but the net is normalised, lr warms up and decays (super-convergence); the loss is bumpy in the middle
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(43)
C, S = 5, 12
pat = torch.randn(C, 2, 5, 5)
def batch(n=32):
    y = torch.randint(0, C, (n,))
    x = 0.8 * torch.randn(n, 2, S, S)
    for i in range(n):
        r, c = torch.randint(0, S - 5, (2,)).tolist()
        x[i, :, r:r + 5, c:c + 5] += pat[y[i]]
    return x, y

net = nn.Sequential(nn.Conv2d(2, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
                    nn.Conv2d(16, 32, 3, padding=1, stride=2, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
                    nn.Conv2d(32, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
                    nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.BatchNorm1d(32), nn.Linear(32, C))
nn.init.zeros_(net[-1].weight)
opt = torch.optim.SGD(net.parameters(), lr=2.0, momentum=0.0, weight_decay=5e-4)
N = 500
sch = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=2.0, total_steps=N, pct_start=0.3, cycle_momentum=False)
for step in range(N):
    x, y = batch()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sch.step()
    if step % 50 == 0: print(f"{step} lr {sch.get_last_lr()[0]:.3f} loss {loss.item():.4f}")
net.eval()
x, y = batch(800)
with torch.no_grad(): acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
