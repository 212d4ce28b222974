# oscillating_loss not_learning
# shuffle=False over a data set stored class by class: the network fits one class, then forgets it for the next; the loss swings at each boundary
# mended by: shuffle=True
# cause words: shuffle sorted order class
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
K, D = 6, 24
W = torch.randn(K, D) * 0.7
y = torch.arange(K).repeat_interleave(400)
x = W[y] + torch.randn(len(y), D)
yv = torch.randint(0, K, (1000,))
xv = W[yv] + torch.randn(1000, D)
dl = DataLoader(TensorDataset(x, y), 32, shuffle=FIX)
net = nn.Sequential(nn.Linear(D, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, K))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(12):
    net.train()
    for a, b in dl:
        loss = nn.functional.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        vl = nn.functional.cross_entropy(net(xv), yv)
        acc = (net(xv).argmax(1) == yv).float().mean()
    print(epoch, loss.item(), vl.item(), acc.item())
print(f"FINAL loss={vl.item():.4f} metric={acc.item():.3f}")
