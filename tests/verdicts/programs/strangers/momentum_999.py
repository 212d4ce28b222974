# oscillating_loss not_learning plateau
# SGD momentum 0.999 instead of 0.9 (effective rate 100x, underdamped): the loss swings 0.15-0.35 without progress.
# mended by: momentum=0.9
"""Inverse-kinematics style regressor; SGD with momentum, gradient accumulation over micro-batches."""
import argparse
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
ap = argparse.ArgumentParser()
ap.add_argument("--lr", type=float, default=0.3)
ap.add_argument("--momentum", type=float, default=0.9 if FIX else 0.999)
ap.add_argument("--micro", type=int, default=4)
ap.add_argument("--bs", type=int, default=32)
ap.add_argument("--steps", type=int, default=500)
args = ap.parse_args()
torch.manual_seed(211)


class ArmData:
    lengths = torch.tensor([1.0, 0.8, 0.5, 0.3])

    def draw(self, n):
        q = (torch.rand(n, 4) - 0.5) * 2.0
        c = q.cumsum(1)
        joints = torch.stack([(self.lengths * c.cos()).cumsum(1), (self.lengths * c.sin()).cumsum(1)], -1)
        return q, (joints.flatten(1) - torch.tensor([0.9, 0, 1.5, 0, 1.8, 0, 2.0, 0]))


class Regressor(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.inp = nn.Linear(4, h)
        self.mid = nn.Linear(h, h)
        self.out = nn.Linear(h, 8)

    def forward(self, q):
        h = torch.tanh(self.inp(q))
        h = h + torch.tanh(self.mid(h))
        return self.out(h)


data, net = ArmData(), Regressor()
decay = [p for p in net.parameters() if p.dim() > 1]
rest = [p for p in net.parameters() if p.dim() <= 1]
opt = torch.optim.SGD([{"params": decay, "weight_decay": 1e-5}, {"params": rest, "weight_decay": 0.0}],
                      lr=args.lr, momentum=args.momentum)
hist = []
for step in range(args.steps):
    opt.zero_grad()
    tot = rel = 0.0
    for _ in range(args.micro):
        q, p = data.draw(args.bs)
        pred = net(q)
        loss = (pred - p).pow(2).mean() / args.micro
        loss.backward()
        tot += loss.item()
        rel += 1 - ((pred - p).pow(2).sum() / (p - p.mean(0)).pow(2).sum()).item()
    opt.step()
    hist.append((tot, rel / args.micro))
    if step % 7 == 0:
        print(step, "%.4f %.4f" % hist[-1])
k = args.steps // 10
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in hist[-k:]) / k, sum(b for _, b in hist[-k:]) / k))
