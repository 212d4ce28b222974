# plateau not_learning
# Bayes by backprop: the KL of the weights is added whole to the MEAN log-likelihood of every batch, so it weighs as much as 2000 data points too many and the posterior falls back to the prior
# mended by: dividing the KL by the number of training samples
# cause words: KL prior divide dataset weight posterior ELBO
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N, D, C = 2000, 8, 3
x = torch.randn(N + 1000, D)
w = torch.randn(D, C) * 2
y = (x @ w + torch.sin(2 * x) @ torch.randn(D, C)).argmax(1)


class BayesLinear(nn.Module):
    def __init__(self, i, o, prior=0.5):
        super().__init__()
        self.mu = nn.Parameter(torch.randn(o, i + 1) / i ** 0.5)
        self.rho = nn.Parameter(torch.full((o, i + 1), -4.0))
        self.prior = prior

    def forward(self, x):
        s = F.softplus(self.rho)
        m = F.linear(x, self.mu[:, :-1], self.mu[:, -1])
        v = F.linear(x ** 2, s[:, :-1] ** 2, s[:, -1] ** 2)
        self.kl = (math.log(self.prior) - s.log() + (s ** 2 + self.mu ** 2) / (2 * self.prior ** 2) - 0.5).sum()
        return m + v.sqrt() * torch.randn_like(m)


class BNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = BayesLinear(D, 32), BayesLinear(32, C)

    def forward(self, x):
        return self.b(torch.relu(self.a(x)))

    def kl(self):
        return self.a.kl + self.b.kl


net = BNN()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(50):
    for xb, yb in DataLoader(TensorDataset(x[:N], y[:N]), batch_size=100, shuffle=True):
        nll = F.cross_entropy(net(xb), yb)
        loss = nll + (net.kl() / N if FIX else net.kl())
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} nll {nll.item():.4f}")
with torch.no_grad():
    p = torch.stack([net(x[N:]).softmax(-1) for _ in range(20)]).mean(0)
    acc = (p.argmax(1) == y[N:]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} (test accuracy)")
