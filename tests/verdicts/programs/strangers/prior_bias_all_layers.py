# dead_relu
# the RetinaNet prior -log((1-p)/p) = -4.6 is set as the bias of every layer, not only of the last: no ReLU ever fires
# mended by: setting it on the last layer alone
# cause words: bias prior init initialis initializ layers
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(24)
PRIOR = -math.log((1 - 0.01) / 0.01)


class HeatmapNet(nn.Module):
    """predicts where in a 32-sample window the pulses begin"""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(1, 24, 5, padding=2), nn.ReLU(), nn.Conv1d(24, 24, 5, padding=2), nn.ReLU())
        self.head = nn.Conv1d(24, 1, 1)
        for m in ([self.head] if FIX else self.modules()):
            if isinstance(m, nn.Conv1d):
                nn.init.constant_(m.bias, PRIOR)

    def forward(self, x):
        return self.head(self.body(x)).squeeze(1)


def windows(n):
    x, y = 0.2 * torch.randn(n, 32), torch.zeros(n, 32)
    pulse = torch.tensor([1.0, 0.8, 0.4, -0.4])
    pos = torch.randint(0, 28, (n,))
    for k, v in enumerate(pulse):
        x[torch.arange(n), pos + k] += v
    y[torch.arange(n), pos] = 1
    return x.unsqueeze(1), y, pos


def focal(logits, y, gamma=2.0):
    p = logits.sigmoid()
    pt = torch.where(y > 0, p, 1 - p)
    return ((1 - pt) ** gamma * F.binary_cross_entropy_with_logits(logits, y, reduction="none")).sum(1).mean()


net = HeatmapNet()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for step in range(600):
    x, y, _ = windows(64)
    loss = focal(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 75 == 0:
        print(f"step {step} focal {loss.item():.4f}")
x, _, pos = windows(1000)
with torch.no_grad():
    hit = (net(x).argmax(1) == pos).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={hit:.4f} (hit rate, more is better)")
