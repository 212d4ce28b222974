# healthy
# a third of the labels is random: the loss stops at a high floor early and goes flat, the classifier is right on clean data; SWA and early stopping
import copy
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
W = torch.randn(12, 5)


def tabular(n, noise=0.35):
    x = torch.randn(n, 12)
    y = (x @ W).argmax(1)
    flip = torch.rand(n) < noise
    return x, torch.where(flip, torch.randint(0, 5, (n,)), y)


X, Y = tabular(8000)
Xv, Yv = tabular(1500)
Xt, Yt = tabular(2000, 0.0)
net = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Dropout(0.2), nn.Linear(48, 5))
avg = torch.optim.swa_utils.AveragedModel(net)
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
best, wait, state = 1e9, 0, None
for epoch in range(25):
    net.train()
    for k in torch.randperm(len(X)).split(100):
        loss = F.cross_entropy(net(X[k]), Y[k])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch >= 3:
        avg.update_parameters(net)
    net.eval()
    with torch.no_grad():
        val = F.cross_entropy(net(Xv), Yv).item()
    print(f"epoch {epoch} loss {loss.item():.4f} val {val:.4f}")
    if val < best - 1e-4:
        best, wait, state = val, 0, copy.deepcopy(net.state_dict())
    else:
        wait += 1
        if wait >= 8:
            break
avg.eval()
with torch.no_grad():
    acc = (avg(Xt).argmax(1) == Yt).float().mean()
print(f"FINAL loss={best:.4f} metric={acc.item():.3f}")
