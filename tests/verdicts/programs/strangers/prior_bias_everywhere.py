# dead_relu plateau vanishing_gradient not_learning
# The focal-loss prior bias (-4.6) meant for the heat-map head is set on every Conv2d, so the backbone ReLUs output zero everywhere (94-100 % dead).
# mended by: apply the prior bias only to the heat head
"""Centre-point heatmap detector: conv backbone, per-pixel focal loss."""
import math
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(10)


class Detector(nn.Module):
    def __init__(self, width=16, prior=0.01):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU())
        self.heat = nn.Conv2d(width, 1, 1)
        self._init(prior)

    def _init(self, prior):
        bias = -math.log((1 - prior) / prior)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
                nn.init.zeros_(m.bias)
        for m in (self.heat.modules() if FIX else self.modules()):
            if isinstance(m, nn.Conv2d):
                nn.init.constant_(m.bias, bias)

    def forward(self, x):
        return self.heat(self.backbone(x)).squeeze(1)


def scenes(n, s=16):
    img = 0.3 * torch.randn(n, 1, s, s)
    tgt = torch.zeros(n, s, s)
    cross = torch.tensor([[0, 1., 0], [1, 1, 1], [0, 1, 0]])
    square = torch.tensor([[1., 1, 1], [1, 0, 1], [1, 1, 1]])
    for i in range(n):
        for pat, lab in ((cross, 1.0), (cross, 1.0), (square, 0.0)):
            r, c = torch.randint(1, s - 1, (2,)).tolist()
            img[i, 0, r - 1:r + 2, c - 1:c + 2] += pat
            if lab:
                tgt[i, r, c] = 1.0
    return img, tgt


def focal(logit, t, alpha=0.75, gamma=2.0):
    p = torch.sigmoid(logit)
    ce = F.binary_cross_entropy_with_logits(logit, t, reduction="none")
    pt = p * t + (1 - p) * (1 - t)
    w = (alpha * t + (1 - alpha) * (1 - t)) * (1 - pt) ** gamma
    return (w * ce).sum() / t.sum().clamp(min=1)


images, maps = scenes(800)
net = Detector()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
hist = []
for step in range(200):
    i = torch.randint(0, len(images), (24,))
    out = net(images[i])
    loss = focal(out, maps[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        top = out.flatten(1).argmax(1)
        hit = maps[i].flatten(1).gather(1, top[:, None]).mean().item()
    hist.append((loss.item(), hit))
    if step % 30 == 0:
        print(step, hist[-1])
t = hist[-20:]
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in t) / 20, sum(b for _, b in t) / 20))
