# vanishing_gradient output_cannot_change miswired
# GroupNorm with as many groups as channels on flat (N, C) features: every group is one number and normalises to zero, input and all layers before are cut off
# mended by: 4 groups
# cause words: GroupNorm group groups normalisation normalization norm
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(62)


class Block(nn.Module):
    def __init__(self, i, o, groups):
        super().__init__()
        self.lin, self.norm = nn.Linear(i, o), nn.GroupNorm(groups, o)

    def forward(self, x):
        return F.leaky_relu(self.norm(self.lin(x)), 0.1)


class TabNet(nn.Module):
    def __init__(self, d=15, w=32):
        super().__init__()
        g = 4 if FIX else w
        self.stem = nn.Linear(d, w)
        self.blocks = nn.Sequential(Block(w, w, g), Block(w, w, g))
        self.head = nn.Linear(w, 1)

    def forward(self, x):
        return self.head(self.blocks(F.relu(self.stem(x)))).squeeze(-1)


X = torch.randn(3000, 15)
risk = X[:, 0] + X[:, 1] * X[:, 2] + (X[:, 3] > 0).float()
Y = risk + 0.1 * torch.randn(3000)
m = TabNet()
decay = [p for n, p in m.named_parameters() if p.ndim > 1]
rest = [p for n, p in m.named_parameters() if p.ndim <= 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-3}, {"params": rest, "weight_decay": 0}], lr=3e-3)
for s in range(1000):
    i = torch.randint(0, 2600, (64,))
    loss = F.smooth_l1_loss(m(X[i]), Y[i])
    loss.backward()
    opt.step()
    opt.zero_grad()
    if s % 100 == 0:
        print(f"{s}: {loss.item():.4f}")
m.eval()
with torch.no_grad():
    e = m(X[2600:]) - Y[2600:]
print(f"FINAL loss={loss.item():.4f} metric={1 - e.pow(2).mean() / Y.var():.3f}")
