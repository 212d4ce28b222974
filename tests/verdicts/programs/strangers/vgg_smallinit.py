# vanishing_gradient plateau
# VGG-like net without batch norm, every weight initialised with normal std 0.005: activations and gradients shrink to nothing
# mended by: kaiming_normal_ initialisation
# cause words: initial, init, std, kaiming, weights too small
# thread: "VGG from scratch loss stuck at ln(classes)", answer: your weights_init uses N(0, 0.01), use He init
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


def images(n):
    y = torch.randint(0, 4, (n,))
    x = 0.5 * torch.randn(n, 1, 16, 16)
    r = torch.arange(16).float()
    ph = torch.rand(n, 1, 1) * 6.28
    gx, gy = r[None, None, :].expand(n, 16, 16), r[None, :, None].expand(n, 16, 16)
    k = [(1, 0), (0, 1), (1, 1), (1, -1)]
    a = torch.tensor([k[int(c)][0] for c in y]).view(-1, 1, 1)
    b = torch.tensor([k[int(c)][1] for c in y]).view(-1, 1, 1)
    return x + torch.sin(1.2 * (a * gx + b * gy) + ph).unsqueeze(1), y


class VGG(nn.Module):
    cfg = [12, 12, "M", 24, 24, "M", 24, 24, "M"]

    def __init__(self):
        super().__init__()
        layers, c = [], 1
        for v in self.cfg:
            if v == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(c, v, 3, padding=1), nn.ReLU(inplace=True)]
                c = v
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Linear(24 * 4, 48), nn.ReLU(), nn.Linear(48, 4))
        self.apply(self.weights_init)

    def weights_init(self, m):
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            if FIX:
                nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
            else:
                nn.init.normal_(m.weight, 0, 0.005)
            nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


X, y = images(2000)
Xv, yv = images(400)
net = VGG()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for step in range(700):
    i = torch.randint(0, len(X), (24,))
    loss = F.cross_entropy(net(X[i]), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 70 == 0:
        print("step", step, "loss %.4f" % loss.item())
with torch.no_grad():
    acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
