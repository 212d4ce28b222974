# healthy
# sparse parity: the loss lies flat at log 2 for a good while and then drops of itself
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(4)
NB, IDX = 30, [1, 6, 11]


def batch(n):
    b = torch.randint(0, 2, (n, NB))
    return b.float() * 2 - 1, b[:, IDX].sum(1) % 2


net = nn.Sequential(nn.Linear(NB, 128), nn.ReLU(), nn.Linear(128, 2))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.01)
for s in range(2500):
    x, y = batch(128)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 200 == 0:
        print(f"step {s} loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, y = batch(3000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
