# not_learning plateau
# inputs and labels are shuffled with two different permutations, so labels no longer belong to their inputs
# mended by: one permutation for both
# cause words: permutation shuffle labels mismatch pairs
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def load(n=3000, d=20, k=5):
    g = torch.Generator().manual_seed(1)
    centres = torch.randn(k, d, generator=g)
    y = torch.arange(k).repeat_interleave(n // k)
    x = centres[y] + 0.9 * torch.randn(n, d, generator=g)
    return x, y


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.BatchNorm1d(20), nn.Linear(20, 32), nn.LeakyReLU(0.1), nn.Linear(32, 5))

    def forward(self, x):
        return self.layers(x)


x, y = load()
perm = torch.randperm(len(x))
xt, yt = x[perm[2500:]], y[perm[2500:]]
x, y = x[perm[:2500]], y[perm[:2500]]
net = MLP()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
BS = 50
for epoch in range(20):
    net.train()
    order = torch.randperm(len(x))
    xs = x[order]
    ys = y[order] if FIX else y[torch.randperm(len(y))]
    total = 0.0
    for i in range(0, len(x), BS):
        loss = F.cross_entropy(net(xs[i:i + BS]), ys[i:i + BS])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * BS / len(x)
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {total:.4f}")
net.eval()
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={total:.4f} metric={acc:.4f}")
