# dead_relu
# pixels come in as 0..255 and are never divided: the first steps of SGD throw the ReLU layers into the region where they give zero for all
# mended by: x / 255 minus the mean
# cause words: 255, normalize, normalise, scale, input, pixel
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
GLYPHS = (torch.rand(10, 1, 12, 12) > 0.55).float()


def images(n):
    y = torch.randint(0, 10, (n,))
    img = GLYPHS[y] * 170 + 40 + 25 * torch.randn(n, 1, 12, 12)
    return img.clamp(0, 255).to(torch.uint8), y


def preprocess(img):
    x = img.float()
    if FIX:
        x = x / 255 - 0.5
    return x


class Trainer:
    def __init__(self):
        self.net = nn.Sequential(
            nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(300, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        self.opt = torch.optim.SGD(self.net.parameters(), lr=0.03, momentum=0.9)

    def fit(self, steps):
        for s in range(steps):
            img, y = images(64)
            loss = F.cross_entropy(self.net(preprocess(img)), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if s % 100 == 0:
                print(f"[{s}] loss={loss.item():.4f}")
        return loss.item()

    @torch.no_grad()
    def accuracy(self):
        img, y = images(1000)
        return (self.net(preprocess(img)).argmax(1) == y).float().mean().item()


t = Trainer()
final = t.fit(800)
print(f"FINAL loss={final:.4f} metric={t.accuracy():.3f}")
