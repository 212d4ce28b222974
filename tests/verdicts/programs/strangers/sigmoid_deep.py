# vanishing_gradient plateau
# ten hidden layers of sigmoids: the gradient shrinks by more than four at each layer, the first layers never move
# mended by: ReLU with He initialisation
# cause words: sigmoid, vanish, deep, depth, activation
# thread: course homework, "deeper network stuck at 1.79"
import os
import torch
import torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, D, K = 3000, 20, 6
X = torch.randn(N, D)
W = torch.randn(D, K)
y = (X @ W).argmax(1)
loader = DataLoader(TensorDataset(X[:2500], y[:2500]), batch_size=50, shuffle=True)

layers, d = [], D
for _ in range(10):
    lin = nn.Linear(d, 48)
    if FIX:
        nn.init.kaiming_normal_(lin.weight)
    layers += [lin, nn.ReLU() if FIX else nn.Sigmoid()]
    d = 48
net = nn.Sequential(*layers, nn.Linear(d, K))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)

for epoch in range(14):
    running = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    print("epoch %d loss %.4f" % (epoch, running / len(loader)))
with torch.no_grad():
    acc = (net(X[2500:]).argmax(1) == y[2500:]).float().mean().item()
print(f"FINAL loss={running / len(loader):.4f} metric={acc:.4f}")
