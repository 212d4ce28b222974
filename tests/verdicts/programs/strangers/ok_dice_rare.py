# healthy
# soft Dice loss with a rare foreground (2.5 % of the pixels) starts near 0.95 far above what one expects of a cross entropy, and one batch counts as one sum; the segmentation ends well
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
S = 20
spot = torch.tensor([[0.0, 1, 0], [1, 1, 1], [0, 1, 0]])


def scans(n):
    x = 0.6 * torch.randn(n, 1, S, S)
    m = torch.zeros(n, 1, S, S)
    for i in range(n):
        for _ in range(2):
            r, c = torch.randint(0, S - 3, (2,)).tolist()
            x[i, 0, r:r + 3, c:c + 3] += 2.0 * spot
            m[i, 0, r:r + 3, c:c + 3] = torch.maximum(m[i, 0, r:r + 3, c:c + 3], spot)
    return x, m


def dice_loss(logit, m, eps=1.0):
    p = torch.sigmoid(logit)
    inter = (p * m).sum()
    return 1 - (2 * inter + eps) / (p.sum() + m.sum() + eps)


net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(500):
    x, m = scans(16)
    loss = dice_loss(net(x), m)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step} dice loss {loss.item():.4f}")
net.eval()
with torch.no_grad():
    x, m = scans(200)
    p = (net(x) > 0).float()
    dice = 2 * (p * m).sum() / (p.sum() + m.sum())
print(f"FINAL loss={loss.item():.4f} metric={dice.item():.4f}")
