# healthy
# a pretrained encoder stays frozen in eval mode under no_grad; most parameters never get a gradient, on purpose, and the linear probe learns
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D = 30
W = torch.randn(5, D)


def data(n):
    z = torch.randn(n, 5)
    return torch.sin(z @ W) + 0.05 * torch.randn(n, D), z


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(D, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU())

    def forward(self, x):
        return self.net(x)


enc, reg = Encoder(), nn.Linear(64, 5)
opt = torch.optim.Adam([*enc.parameters(), *reg.parameters()], lr=3e-3)
for step in range(600):
    x, z = data(128)
    loss = F.mse_loss(reg(enc(x)), z)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"pretrained, loss {loss.item():.4f}")
enc.eval().requires_grad_(False)
probe = nn.Linear(64, 2)
model = nn.ModuleDict({"enc": enc, "probe": probe})
opt = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.3, momentum=0.9)
for step in range(600):
    x, z = data(64)
    y = (z[:, 0] + z[:, 1] > 0.3).long()
    with torch.no_grad():
        h = enc(x)
    loss = F.cross_entropy(probe(h), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"probe {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, z = data(2000)
    acc = (probe(enc(x)).argmax(1) == (z[:, 0] + z[:, 1] > 0.3)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
