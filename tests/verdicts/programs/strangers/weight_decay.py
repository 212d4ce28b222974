# plateau not_learning
# weight_decay=0.5 in Adam (someone took it for a learning-rate decay): the penalty beats the data, all weights shrink to zero, loss ln(10)
# mended by: weight_decay=5e-4
# cause words: weight_decay, weight decay, regulari, L2, penalty
# thread: "Loss stuck at 2.303"
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
proto = torch.randn(10, 3, 8, 8)


def get(n):
    y = torch.randint(0, 10, (n,))
    return proto[y] + torch.randn(n, 3, 8, 8), y


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


X, Y = get(2000)
Xt, Yt = get(500)
net = CNN()
opt = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=5e-4 if FIX else 0.5)
for epoch in range(8):
    p = torch.randperm(2000)
    for k in range(0, 2000, 50):
        xb, yb = X[p[k:k + 50]], Y[p[k:k + 50]]
        opt.zero_grad()
        loss = F.cross_entropy(net(xb), yb)
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (net(Xt).argmax(1) == Yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
