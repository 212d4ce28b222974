# healthy
# pure online learning with batch size 1: the printed loss is spiky by a factor of thousands, its mean falls and the model is good
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(15)
w = torch.randn(12, 4)


def data(n):
    x = torch.randn(n, 12)
    return x, (torch.tanh(x) @ w + 0.3 * torch.randn(n, 4)).argmax(1)


x, y = data(3000)
xt, yt = data(2000)
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.02)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=3000)
for i in range(3000):
    loss = F.cross_entropy(net(x[i:i + 1]), y[i:i + 1])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if i % 250 == 0:
        print(f"{i} loss {loss.item():.5f}")
with torch.no_grad():
    out = net(xt)
    acc = (out.argmax(1) == yt).float().mean().item()
print(f"FINAL loss={F.cross_entropy(out, yt).item():.4f} metric={acc:.4f}")
