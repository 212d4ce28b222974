# plateau fp16_underflow not_learning
# The weights are kept in bfloat16 and most steps are smaller than half a unit in the last place, so they round away.
# mended by: Keep the weights in float32 (master weights, autocast).
import math
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(13)
ACCUM = 2
param_dtype = torch.float32 if os.environ.get("FIX") else torch.bfloat16


class EqualLinear(nn.Module):
    """Unit-variance weights, scaled when they are used."""

    def __init__(self, d_in, d_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(d_out, d_in))
        self.scale = 1 / math.sqrt(d_in)

    def forward(self, x):
        return F.linear(x, self.weight * self.scale)


class MappingClassifier(nn.Module):
    def __init__(self, d=64, h=256, k=8):
        super().__init__()
        self.l1, self.l2, self.l3 = EqualLinear(d, h), EqualLinear(h, h), EqualLinear(h, k)

    def forward(self, x):
        x = F.leaky_relu(self.l1(x), 0.2) * math.sqrt(2)
        x = F.leaky_relu(self.l2(x), 0.2) * math.sqrt(2)
        return self.l3(x)


means = torch.randn(8, 64)


def get_batch(n):
    y = torch.randint(8, (n,))
    return 0.7 * means[y] + torch.randn(n, 64), y


model = MappingClassifier().to(param_dtype)
optimizer = torch.optim.SGD(model.parameters(), lr=0.06)
xv, yv = get_batch(500)
for step in range(400):
    total = 0.0
    for micro in range(ACCUM):
        xb, yb = get_batch(16)
        loss = F.cross_entropy(model(xb.to(param_dtype)).float(), yb) / ACCUM
        loss.backward()
        total += loss.item()
    optimizer.step()
    optimizer.zero_grad()
    if step % 40 == 0 or step == 399:
        with torch.no_grad():
            acc = (model(xv.to(param_dtype)).argmax(1) == yv).float().mean().item()
        print(f"step {step:4d} | loss {total:.4f} | val acc {acc:.3f}")
