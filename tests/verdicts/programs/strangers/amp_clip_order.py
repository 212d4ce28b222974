# clipping_dominates plateau not_learning
# Gradients are clipped to norm 1 while still multiplied by the loss scale, and then divided by it, so updates are 65536 times too small.
# mended by: Call scaler.unscale_(optimizer) before clipping.
import argparse
import os

import torch
from torch import nn
from torch.amp import GradScaler, autocast

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=200)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--max-norm", type=float, default=1.0)
args = parser.parse_args([])

torch.manual_seed(13)
centres = torch.randn(7, 32)


def loader():
    while True:
        y = torch.randint(0, 7, (48,))
        yield centres[y] + torch.randn(48, 32), y


class ResMLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(32, 64)
        self.b1 = nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 64))
        self.b2 = nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 64))
        self.out = nn.Linear(64, 7)

    def forward(self, x):
        h = self.inp(x)
        h = h + self.b1(h)
        h = h + self.b2(h)
        return self.out(h)


model = ResMLP()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
scaler = GradScaler("cpu")
criterion = nn.CrossEntropyLoss()

for step, (x, y) in zip(range(args.steps), loader()):
    optimizer.zero_grad(set_to_none=True)
    with autocast("cpu", dtype=torch.bfloat16):
        logits = model(x)
        loss = criterion(logits, y)
    scaler.scale(loss).backward()
    if os.environ.get("FIX") == "1":
        scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), args.max_norm)
    scaler.step(optimizer)
    scaler.update()
    if step % 30 == 0:
        acc = (logits.argmax(1) == y).float().mean().item()
        print(f"step {step:3d} loss {loss.item():.4f} acc {acc:.2f} scale {scaler.get_scale():.0f}")
