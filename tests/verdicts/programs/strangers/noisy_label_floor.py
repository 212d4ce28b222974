# healthy
# half of the labels are random: after a short fall the loss is flat at 1.7, which is the entropy of the labels, and the clean accuracy is near 1
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import IterableDataset, DataLoader

torch.manual_seed(0)
K = 8
proto = torch.randn(K, 24)


class Stream(IterableDataset):
    def __init__(self, noise):
        self.noise = noise

    def __iter__(self):
        while True:
            y = int(torch.randint(0, K, (1,)))
            x = proto[y] + 0.8 * torch.randn(24)
            if torch.rand(()) < self.noise:
                y = int(torch.randint(0, K, (1,)))
            yield x, y


net = nn.Sequential(nn.Linear(24, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, K))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, 900)
run = None
for step, (x, y) in enumerate(DataLoader(Stream(0.5), batch_size=64)):
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run = loss.item() if run is None else 0.98 * run + 0.02 * loss.item()
    if step % 150 == 0:
        print(step, round(run, 4))
    if step == 899:
        break
net.eval()
x, y = next(iter(DataLoader(Stream(0.0), batch_size=1000)))
acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={run:.4f} metric={acc:.3f}")
