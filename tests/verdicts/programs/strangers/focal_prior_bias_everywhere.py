# dead_relu
# detector head: the prior bias -log((1-p)/p) of the last layer is set in a loop over all convolutions of the head, the ReLUs after the others are dead for every input
# mended by: the prior bias only on the last layer
# cause words: bias init prior relu dead negative
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
G = 12


def scenes(n):
    img = 0.3 * torch.randn(n, 1, 2 * G, 2 * G)
    obj = torch.zeros(n, 1, G, G)
    for i in range(n):
        for _ in range(int(torch.randint(1, 4, (1,)))):
            y, x = torch.randint(1, G - 1, (2,)).tolist()
            obj[i, 0, y, x] = 1
            img[i, 0, 2 * y - 1:2 * y + 3, 2 * x - 1:2 * x + 3] += 0.9
            img[i, 0, 2 * y, 2 * x] -= 1.2
    return img, obj


def focal(logit, t, alpha=0.5, gamma=2.0):
    p = torch.sigmoid(logit)
    ce = F.binary_cross_entropy_with_logits(logit, t, reduction="none")
    pt = p * t + (1 - p) * (1 - t)
    at = alpha * t + (1 - alpha) * (1 - t)
    return (at * (1 - pt) ** gamma * ce).sum() / t.sum().clamp(min=1)


class Detector(nn.Module):
    def __init__(self, c=16, prior=0.01):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, c, 4, stride=2, padding=1), nn.ReLU())
        self.head = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.ReLU(),
                                  nn.Conv2d(c, 1, 3, padding=1))
        b = -math.log((1 - prior) / prior)
        for m in self.head.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.normal_(m.weight, std=0.05)
                nn.init.constant_(m.bias, 0.0 if FIX else b)
        nn.init.constant_(self.head[-1].bias, b)

    def forward(self, x):
        return self.head(self.stem(x))


net = Detector()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(500):
    x, t = scenes(16)
    loss = focal(net(x), t)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
x, t = scenes(200)
with torch.no_grad():
    p = net(x).sigmoid() > 0.4
tp = (p & (t > 0)).sum().item()
f1 = 2 * tp / (p.sum().item() + t.sum().item())
print(f"FINAL loss={loss.item():.4f} metric={f1:.3f}")
