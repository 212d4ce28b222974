# badly_scaled exploding_gradient not_learning
# the mask is loaded as 0/255 and goes into BCEWithLogits as it is: the loss is negative without bound and the prediction is foreground everywhere
# mended by: mask divided by 255
# cause words: mask target 255 label scale negative range
import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.default_rng(0)


class Shapes(Dataset):
    def __init__(self, n):
        self.items = []
        for _ in range(n):
            img = rng.normal(90, 25, (24, 24))
            mask = np.zeros((24, 24), np.uint8)
            y, x, s = rng.integers(2, 12), rng.integers(2, 12), rng.integers(5, 10)
            mask[y:y + s, x:x + s] = 255
            img[mask > 0] += 60
            self.items.append((img.clip(0, 255).astype(np.uint8), mask))

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        img, mask = self.items[i]
        img = torch.from_numpy(img).float()[None] / 255
        mask = torch.from_numpy(mask).float()[None]
        return img, mask / 255 if FIX else mask


class UNet(nn.Module):
    def __init__(self, c=12):
        super().__init__()
        blk = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
        self.d1, self.d2 = blk(1, c), blk(c, 2 * c)
        self.up = nn.ConvTranspose2d(2 * c, c, 2, stride=2)
        self.u1, self.out = blk(2 * c, c), nn.Conv2d(c, 1, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(nn.functional.max_pool2d(a, 2))
        return self.out(self.u1(torch.cat([a, self.up(b)], 1)))


train, val = DataLoader(Shapes(192), 16, shuffle=True), DataLoader(Shapes(48), 16)
net = UNet()
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3, momentum=0.9)
crit = nn.BCEWithLogitsLoss()
for epoch in range(15):
    net.train()
    for x, m in train:
        loss = crit(net(x), m)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, round(loss.item(), 4))
net.eval()
inter = union = 0
with torch.no_grad():
    for x, m in val:
        p, t = net(x) > 0, m > 0
        inter, union = inter + (p & t).sum().item(), union + (p | t).sum().item()
print(f"FINAL loss={loss.item():.4f} metric={inter / union:.3f}")
