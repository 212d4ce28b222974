# output_cannot_change miswired
# a LayerNorm(1) after the single output: normalising one number gives zero, the output is the norm's bias whatever the weights
# mended by: no norm after the output layer
# cause words: layernorm, norm, one, single, normaliz, constant
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)


def mlp(sizes):
    layers = []
    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        layers.append(nn.Linear(a, b))
        last = i == len(sizes) - 2
        if not (last and FIX):
            layers.append(nn.LayerNorm(b))
        if not last:
            layers.append(nn.SiLU())
    return nn.Sequential(*layers)


X = torch.randn(5000, 10)
y = (X[:, 0] * X[:, 1] + torch.sin(2 * X[:, 2]) + 0.5 * X[:, 3] + 0.1 * torch.randn(5000))[:, None]
Xtr, ytr, Xte, yte = X[:4000], y[:4000], X[4000:], y[4000:]
model = mlp([10, 64, 64, 1])
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    perm = torch.randperm(4000)
    total = 0.0
    for idx in perm.split(100):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(Xtr[idx]), ytr[idx])
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"epoch {epoch}: mse {total / 40:.4f}")
with torch.no_grad():
    mse = nn.functional.mse_loss(model(Xte), yte).item()
print(f"FINAL loss={total / 40:.4f} metric={1 - mse / yte.var().item():.3f}")
