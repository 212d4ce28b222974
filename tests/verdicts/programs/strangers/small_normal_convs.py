# vanishing_gradient plateau
# Plain 6-conv net initialised with N(0, 0.01) weights without normalisation: activations and gradients shrink by orders of magnitude per layer.
# mended by: kaiming_normal_ for conv weights
"""Plain VGG-like net on small oriented-grating images."""
import math
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)


def gratings(n, size=12, k=4):
    y = torch.randint(0, k, (n,))
    th = y.float() * math.pi / k
    yy, xx = torch.meshgrid(torch.arange(size).float(), torch.arange(size).float(), indexing="ij")
    ph = torch.rand(n) * 6.28
    u = torch.cos(th)[:, None, None] * xx + torch.sin(th)[:, None, None] * yy
    img = torch.sin(u * 1.4 + ph[:, None, None]) + 0.4 * torch.randn(n, size, size)
    return img[:, None], y


def vgg(cfg=(16, 16, "M", 24, 24, "M", 32, 32), classes=4):
    mods, c = [], 1
    for v in cfg:
        if v == "M":
            mods.append(nn.MaxPool2d(2))
        else:
            mods += [nn.Conv2d(c, v, 3, padding=1), nn.ReLU(inplace=True)]
            c = v
    return nn.Sequential(*mods, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes))


def init_weights(m):
    if isinstance(m, nn.Conv2d):
        if FIX:
            nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        else:
            nn.init.normal_(m.weight, 0, 0.01)
        nn.init.zeros_(m.bias)
    elif isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, 0, 0.01)
        nn.init.zeros_(m.bias)


X, Y = gratings(3000)
net = vgg()
net.apply(init_weights)
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9, weight_decay=5e-4)
crit = nn.CrossEntropyLoss()
hist = []
for it in range(400):
    idx = torch.randint(0, len(X), (48,))
    out = net(X[idx])
    loss = crit(out, Y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append((loss.item(), (out.argmax(1) == Y[idx]).float().mean().item()))
    if it % 40 == 0:
        print(it, hist[-1], "conv1 grad %.2e" % net[0].weight.grad.norm())
t = hist[-40:]
print("FINAL loss=%.4f metric=%.4f" % (sum(a for a, _ in t) / 40, sum(b for _, b in t) / 40))
