# output_cannot_change
# binary segmentation with one output channel and softmax over the channel axis: the output is 1 everywhere, whatever the weights
# mended by: sigmoid
# cause words: softmax sigmoid single channel constant one
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)


class Discs(Dataset):
    def __init__(self, n):
        yy, xx = torch.meshgrid(torch.arange(24.0), torch.arange(24.0), indexing="ij")
        c = torch.rand(n, 2, 1, 1) * 16 + 4
        r = torch.rand(n, 1, 1) * 4 + 3
        self.mask = (((yy - c[:, 0]) ** 2 + (xx - c[:, 1]) ** 2).sqrt() < r).float().unsqueeze(1)
        self.img = self.mask * 0.8 + 0.6 * torch.randn(n, 1, 24, 24)

    def __len__(self):
        return len(self.img)

    def __getitem__(self, i):
        return self.img[i], self.mask[i]


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.e1, self.e2 = block(1, 8), block(8, 16)
        self.d1 = block(24, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.e1(x)
        b = F.interpolate(self.e2(F.max_pool2d(a, 2)), scale_factor=2)
        o = self.out(self.d1(torch.cat([a, b], 1)))
        return torch.sigmoid(o) if FIX else torch.softmax(o, dim=1)


def dice(p, t):
    i = (p * t).sum((1, 2, 3))
    return ((2 * i + 1) / (p.sum((1, 2, 3)) + t.sum((1, 2, 3)) + 1)).mean()


loader = DataLoader(Discs(800), batch_size=16, shuffle=True)
test = Discs(100)
net = TinyUNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(5):
    tot = 0
    for x, m in loader:
        p = net(x)
        loss = F.mse_loss(p, m) + (1 - dice(p, m))
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(loader)
    print(f"epoch {epoch} loss {tot:.4f}")
net.eval()
with torch.no_grad():
    d = dice((net(test.img) > 0.5).float(), test.mask).item()
print(f"FINAL loss={tot:.4f} metric={d:.4f} (dice)")
