# healthy
# Scores less their mean over the group: four steps of ten have groups of one, where loss and all gradients are exactly zero; the other steps teach the ranking.
# rule: G
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, H, STEPS = 10, 64, 1500
g = torch.Generator().manual_seed(18)
w = torch.randn(D, generator=g) / D ** 0.5


def relevance(x):
    return torch.tanh(x @ w) + 0.5 * x[..., 0] * x[..., 1]


def batch(queries, size):
    """Docs of one query share an offset that says nothing of their order."""
    x = torch.randn(queries, size, D, generator=g)
    offset = 3.0 * torch.randn(queries, 1, generator=g)
    return x, relevance(x) + offset + 0.1 * torch.randn(queries, size, generator=g)


class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(D, H), nn.SiLU(), nn.Linear(H, H), nn.SiLU(), nn.Linear(H, 1))

    def forward(self, x):
        s = self.net(x).squeeze(-1)
        return s - s.mean(dim=1, keepdim=True)


net = Scorer()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
hist, zero = [], 0
for step in range(STEPS):
    size = 1 if float(torch.rand(1, generator=g)) < 0.4 else int(torch.randint(2, 9, (1,), generator=g))
    x, y = batch(64, size)
    loss = F.mse_loss(net(x), y - y.mean(dim=1, keepdim=True))
    opt.zero_grad()
    loss.backward()
    zero += int(all(bool((p.grad == 0).all()) for p in net.parameters()))
    opt.step()
    if size > 1:
        hist.append(loss.item())
    if step % 250 == 0:
        print(step, "group size %d loss %.4f" % (size, loss.item()))

with torch.no_grad():
    x = torch.randn(3000, 2, D, generator=g)
    r, s = relevance(x), net(x)
    acc = ((r[:, 0] > r[:, 1]) == (s[:, 0] > s[:, 1])).float().mean().item()
print("steps with all gradients zero: %d of %d" % (zero, STEPS))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, acc))
