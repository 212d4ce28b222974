# healthy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(71)


class ReZeroBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.lin1, self.lin2 = nn.Linear(d, d), nn.Linear(d, d)
        self.alpha = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.alpha * self.lin2(F.relu(self.lin1(x)))


model = nn.Sequential(nn.Linear(2, 48), *[ReZeroBlock(48) for _ in range(6)], nn.Linear(48, 2))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)


def checker(n):
    x = torch.rand(n, 2) * 4
    return x - 2, ((x.floor().sum(1)) % 2).long()


xv, yv = checker(1500)
for it in range(1, 401):
    x, y = checker(128)
    loss = F.cross_entropy(model(x), y)
    model.zero_grad()
    loss.backward()
    opt.step()
    if it % 40 == 0:
        with torch.no_grad():
            acc = (model(xv).argmax(1) == yv).float().mean()
        print(f"{it} loss {loss:.4f} acc {acc:.3f} alphas {[round(m.alpha.item(), 2) for m in model if isinstance(m, ReZeroBlock)]}")
