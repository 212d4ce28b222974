# miswired exploding_gradient not_learning
# own SAM optimizer climbs to w + e but never comes back to w before the descent step
# mended by: e subtracted again before the base step
# cause words: SAM perturbation restore ascent climb subtract
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class SAM:
    def __init__(self, params, lr, rho):
        self.params = list(params)
        self.base = torch.optim.SGD(self.params, lr=lr, momentum=0.9)
        self.rho = rho

    @torch.no_grad()
    def climb(self):
        norm = torch.stack([p.grad.norm() for p in self.params]).norm() + 1e-12
        self.e = [p.grad * (self.rho / norm) for p in self.params]
        for p, e in zip(self.params, self.e):
            p.add_(e)
        self.base.zero_grad()

    @torch.no_grad()
    def descend(self):
        if FIX:
            for p, e in zip(self.params, self.e):
                p.sub_(e)
        self.base.step()
        self.base.zero_grad()


net = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
W = torch.randn(30, 4)
X = torch.randn(2000, 30)
Y = (X @ W + 0.5 * (X ** 2) @ torch.randn(30, 4)).argmax(1)
Xt, Yt = X[1600:], Y[1600:]
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X[:1600], Y[:1600]), 64, shuffle=True)
opt = SAM(net.parameters(), lr=0.01, rho=0.05)
for epoch in range(40):
    tot = 0.0
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        opt.climb()
        F.cross_entropy(net(x), y).backward()
        opt.descend()
        tot += loss.item() / len(loader)
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {tot:.4f}")
with torch.no_grad():
    acc = (net(Xt).argmax(1) == Yt).float().mean()
print(f"FINAL loss={tot:.4f} metric={acc.item():.3f}")
