"""Mixed precision with a loss scaler that starts far too high, plain and with a fused optimizer."""

import sys

import torch
import truth
from torch import nn

torch.manual_seed(7)
fused = "fused" in sys.argv
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, fused=fused)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127 if not fused else 2.0**10)
for _ in range(20):
    x = torch.randn(16, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = nn.functional.mse_loss(model(x).float(), x[:, :4])
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    if not fused:
        scaler.unscale_(optimizer)
    truth.step(loss, dict(model.named_parameters()), scaler.get_scale() if fused else 1.0)
    scaler.step(optimizer)
    scaler.update()
truth.end(model)
