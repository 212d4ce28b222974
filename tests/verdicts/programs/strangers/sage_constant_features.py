# not_learning plateau
# graphs without node features get ones as features and the network averages over the neighbours: the mean of ones is one for every graph, no information about the graph reaches the output
# mended by: node degree as the feature
# cause words: feature constant ones identical degree mean same
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)


def graph(label, n=14):
    A = torch.zeros(n, n)
    if label == 0:
        for i in range(n):
            A[i, (i + 1) % n] = A[(i + 1) % n, i] = 1
    else:
        A[0, 1:] = A[1:, 0] = 1
    for _ in range(4):
        i, j = torch.randint(0, n, (2,)).tolist()
        if i != j:
            A[i, j] = A[j, i] = 1
    return A


def dataset(n):
    y = torch.randint(0, 2, (n,))
    A = torch.stack([graph(int(t)) for t in y])
    x = torch.ones(n, 14, 1)
    if FIX:
        x = A.sum(-1, keepdim=True)
    return A, x, y


class SAGE(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.me, self.nb = nn.Linear(i, o), nn.Linear(i, o, bias=False)

    def forward(self, A, x):
        mean = A @ x / A.sum(-1, keepdim=True).clamp(min=1)
        return torch.relu(self.me(x) + self.nb(mean))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2, self.c3 = SAGE(1, 32), SAGE(32, 32), SAGE(32, 32)
        self.out = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, A, x):
        h = self.c3(A, self.c2(A, self.c1(A, x)))
        return self.out(h.mean(1))


A, X, Y = dataset(400)
At, Xt, Yt = dataset(200)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
for epoch in range(60):
    tot = 0
    for idx in torch.randperm(400).split(32):
        loss = F.cross_entropy(net(A[idx], X[idx]), Y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(idx) / 400
    if epoch % 10 == 0:
        print(epoch, round(tot, 4))
acc = (net(At, Xt).argmax(1) == Yt).float().mean()
print(f"FINAL loss={tot:.4f} metric={acc:.3f}")
