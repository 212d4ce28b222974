# dead_relu
# biases of the hidden layers start at -8 ("sparse activations"), nearly all units are zero for every input
# mended by: biases zero
# cause words: bias negative init initialisation initialization -8
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(33)


def init_sparse(m):
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        if m.out_features > 4:
            nn.init.constant_(m.bias, 0.0 if FIX else -8.0)


class Siamese(nn.Module):
    """are the two signals the same up to noise?"""

    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(16, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.head = nn.Linear(96, 1)
        self.apply(init_sparse)

    def forward(self, a, b):
        return self.head((self.enc(a) - self.enc(b)).abs()).squeeze(1)


def pairs(n):
    a = torch.randn(n, 16)
    same = torch.rand(n) < 0.5
    b = torch.where(same[:, None], a + 0.5 * torch.randn(n, 16), torch.randn(n, 16))
    return a, b, same.float()


m = Siamese()
opt = torch.optim.Adam(m.parameters(), lr=1e-3)
for s in range(700):
    a, b, y = pairs(64)
    loss = F.binary_cross_entropy_with_logits(m(a, b), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 70 == 0:
        print(f"{s:4d} {loss.item():.4f}")
a, b, y = pairs(3000)
with torch.no_grad():
    acc = ((m(a, b) > 0).float() == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
