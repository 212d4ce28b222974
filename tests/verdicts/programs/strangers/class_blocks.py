# oscillating_loss
# the file is sorted by class and read in order without shuffling: the net swings to whatever class comes last
# mended by: shuffle=True
# cause words: shuffle sorted order class
import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(18)
C = 5
mu = torch.randn(C, 10) * 0.9
y = torch.arange(C).repeat_interleave(400)
x = mu[y] + torch.randn(len(y), 10)
yt = torch.randint(0, C, (800,))
xt = mu[yt] + torch.randn(800, 10)
loader = DataLoader(TensorDataset(x, y), batch_size=20, shuffle=FIX)

net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, C))
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9)
crit = nn.CrossEntropyLoss()


@torch.no_grad()
def evaluate():
    o = net(xt)
    return crit(o, yt).item(), (o.argmax(1) == yt).float().mean().item()


best = 0
for ep in range(12):
    run = 0.0
    for k, (xb, yb) in enumerate(loader):
        loss = crit(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item()
        if k % 50 == 0:
            print(f"ep {ep} batch {k} loss {loss.item():.3f}")
    l, a = evaluate()
    best = max(best, a)
    print(f"== ep {ep} mean {run / len(loader):.3f} val {l:.3f} acc {a:.3f}")
print(f"FINAL loss={l:.4f} metric={a:.3f}")
