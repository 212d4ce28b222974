# exploding_gradient badly_scaled
# weights of all six layers drawn from torch.randn (standard deviation 1), logits and gradients are astronomic
# mended by: multiplying by sqrt(2 / fan_in)
# cause words: init initialisation weights randn std scale
import os
import math
import torch
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)

C, D = 10, 64
means = torch.randn(C, D) * 0.6


def make(n):
    y = torch.randint(0, C, (n,))
    return means[y] + torch.randn(n, D), y


Xtr, ytr = make(3000)
Xte, yte = make(1000)

sizes = [D, 128, 128, 128, 128, 128, C]
params = []
for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
    w = torch.randn(fan_in, fan_out)
    if FIX:
        w = w * math.sqrt(2.0 / fan_in)
    w.requires_grad_()
    b = torch.zeros(fan_out, requires_grad=True)
    params += [w, b]


def forward(x):
    for k in range(0, len(params), 2):
        x = x @ params[k] + params[k + 1]
        if k < len(params) - 2:
            x = x.relu()
    return x


optimizer = torch.optim.Adam(params, lr=5e-4)
bs = 64
for epoch in range(8):
    perm = torch.randperm(len(Xtr))
    total = 0.0
    for i in range(0, len(Xtr), bs):
        idx = perm[i:i + bs]
        loss = F.cross_entropy(forward(Xtr[idx]), ytr[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    with torch.no_grad():
        out = forward(Xte)
        val = F.cross_entropy(out, yte).item()
        acc = (out.argmax(1) == yte).float().mean().item()
    print(f"Epoch {epoch + 1}: train {total / len(Xtr):.4f} val {val:.4f} acc {acc:.3f}")
print(f"FINAL loss={val:.4f} metric={acc:.4f}")
