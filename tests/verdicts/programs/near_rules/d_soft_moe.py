# healthy
# the dispatch weights of a Soft-MoE layer are a softmax over the tokens, the rows of the per-token loss: the slots have to gather from the whole set, whose centre each label depends on
# rule: D
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(7)
T, D, E = 96, 32, 4


def points():
    centre = 2 * torch.randn(1, 2)
    x = centre + torch.randn(T, 2)
    y = (x[:, 0] > centre[0, 0]).long() + 2 * (x[:, 1] > centre[0, 1]).long()
    return x, y


class SoftMoE(nn.Module):
    def __init__(self):
        super().__init__()
        self.slots = nn.Parameter(torch.randn(D, E) * 0.1)
        self.up = nn.Parameter(torch.randn(E, D, 64) * 0.15)
        self.down = nn.Parameter(torch.randn(E, 64, D) * 0.1)

    def forward(self, h):
        scores = h @ self.slots                       # [tokens, slots]
        dispatch = scores.softmax(0)
        combine = scores.softmax(1)
        s = dispatch.t() @ h                          # [slots, D]
        s = torch.bmm(F.gelu(torch.bmm(s[:, None], self.up)), self.down)[:, 0]
        return h + combine @ s


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(2, D)
        self.moe = nn.ModuleList([SoftMoE(), SoftMoE()])
        self.ff = nn.Sequential(nn.Linear(D, 64), nn.GELU(), nn.Linear(64, 4))

    def forward(self, x):
        h = self.inp(x)
        for m in self.moe:
            h = m(h)
        return self.ff(h)


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1200):
    x, y = points()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
net.eval()
with torch.no_grad():
    acc = []
    for _ in range(100):
        x, y = points()
        acc.append((net(x).argmax(1) == y).float().mean())
print(f"FINAL loss={loss.item():.4f} metric={torch.stack(acc).mean().item():.4f} (accuracy over 4 classes, held out)")
