# plateau fp16_underflow not_learning
# Weights of size 1 to 1.5 are stored in bfloat16, and Adam's steps of 1.8e-3 are less than half the spacing, so they are rounded away.
# mended by: Keep float32 weights and use autocast.
"""Matrix factorisation for ratings, kept small in memory."""
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
USERS, ITEMS, K = 60, 40, 16
g = torch.Generator().manual_seed(42)
true_u = torch.randn(USERS, 3, generator=g)
true_i = torch.randn(ITEMS, 3, generator=g)


def interactions(n):
    u = torch.randint(0, USERS, (n,), generator=g)
    i = torch.randint(0, ITEMS, (n,), generator=g)
    liked = ((true_u[u] * true_i[i]).sum(-1) > 0).float()
    return u, i, liked


class MF(nn.Module):
    def __init__(self):
        super().__init__()
        self.user = nn.Embedding(USERS, K)
        self.item = nn.Embedding(ITEMS, K)
        with torch.no_grad():
            for e in (self.user, self.item):
                e.weight.copy_(torch.sign(e.weight) * (1.1 + 0.5 * torch.rand_like(e.weight)))
        self.scale = K**-0.5

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(-1) * self.scale


torch.manual_seed(42)
model = MF()
if not FIX:
    model = model.to(torch.bfloat16)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
bce = nn.BCEWithLogitsLoss()
total, acc = 0.0, 0.0
for step in range(1, 421):
    u, i, liked = interactions(512)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=FIX):
        score = model(u, i)
    loss = bce(score.float(), liked)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    total += loss.item()
    acc += ((score > 0) == (liked > 0.5)).float().mean().item()
    if step % 60 == 0:
        print(f"step {step} bce {total / 60:.4f} acc {acc / 60:.3f}")
        total = acc = 0.0
