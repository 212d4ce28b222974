# healthy
# segmentation with 1.5 per cent foreground and a dice loss: the loss sits near 1 for the first steps, per-pixel loss is tiny and jumpy, IoU gets good
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
S = 32


def batch(n=12):
    g = torch.arange(S)
    c = torch.randint(4, S - 4, (n, 2))
    m = (((g[None, :, None] - c[:, 0, None, None]) ** 2 + (g[None, None, :] - c[:, 1, None, None]) ** 2) <= 5).float()
    img = m * 1.5 + 0.4 * torch.randn(n, S, S)
    return img[:, None], m[:, None]


class FCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 12, 3, padding=1), nn.Conv2d(12, 12, 3, padding=2, dilation=2)
        self.c3, self.o = nn.Conv2d(12, 12, 3, padding=1), nn.Conv2d(12, 1, 1)
        nn.init.constant_(self.o.bias, -4.0)

    def forward(self, x):
        return self.o(F.relu(self.c3(F.relu(self.c2(F.relu(self.c1(x)))))))


def dice_loss(logit, mask, eps=1.0):
    p = torch.sigmoid(logit)
    num = 2 * (p * mask).sum((1, 2, 3)) + eps
    return (1 - num / (p.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + eps)).mean()


net = FCN()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for it in range(350):
    img, mask = batch()
    logit = net(img)
    loss = dice_loss(logit, mask) + F.binary_cross_entropy_with_logits(logit, mask)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 50 == 0:
        print(f"it {it} loss {loss.item():.4f}")
with torch.no_grad():
    img, mask = batch(100)
    p = (net(img) > 0).float()
    iou = ((p * mask).sum() / ((p + mask) > 0).float().sum()).item()
print(f"FINAL loss={loss.item():.4f} metric={iou:.4f}")
