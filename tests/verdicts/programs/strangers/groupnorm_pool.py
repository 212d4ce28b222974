# output_cannot_change vanishing_gradient
# GroupNorm(C, C) after global average pooling: each group holds one value, the normalised value is 0 whatever the input
# mended by: GroupNorm(4, C), several channels in a group
# cause words: groupnorm, group, norm, one value, single
# issue tracker: "GroupNorm with num_groups=num_channels on 1x1 maps silently outputs bias"
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def shapes(n):
    x = 0.3 * torch.randn(n, 1, 14, 14)
    y = torch.randint(0, 3, (n,))
    for i in range(n):
        r, c = torch.randint(2, 11, (2,)).tolist()
        if y[i] == 0:
            x[i, 0, r, c - 2:c + 3] += 2
        elif y[i] == 1:
            x[i, 0, r - 2:r + 3, c] += 2
        else:
            x[i, 0, r - 1:r + 2, c - 1:c + 2] += 1.5
    return x, y


class SmallResNet(nn.Module):
    def __init__(self, ch=24, classes=3):
        super().__init__()
        self.stem = nn.Conv2d(1, ch, 3, padding=1)
        self.c1, self.g1 = nn.Conv2d(ch, ch, 3, padding=1), nn.GroupNorm(4, ch)
        self.c2, self.g2 = nn.Conv2d(ch, ch, 3, padding=1), nn.GroupNorm(4, ch)
        self.post = nn.GroupNorm(4 if FIX else ch, ch)
        self.fc = nn.Linear(ch, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 2)
        x = x + F.relu(self.g1(self.c1(x)))
        x = x + F.relu(self.g2(self.c2(x)))
        x = F.adaptive_avg_pool2d(x, 1)
        return self.fc(self.post(x).flatten(1))


X, y = shapes(1500)
Xv, yv = shapes(300)
net = SmallResNet()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 350)
for step in range(350):
    i = torch.randint(0, len(X), (48,))
    loss = F.cross_entropy(net(X[i]), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 35 == 0:
        print(f"{step} loss {loss.item():.4f} lr {sched.get_last_lr()[0]:.2e}")
with torch.no_grad():
    acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
