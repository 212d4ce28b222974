# not_learning plateau
# the file name is taken with split on a backslash, so on Linux it stays the full path and cover and stego are both read from the cover folder: the two classes are identical
# mended by: os.path.basename, so that the stego image is really loaded
# cause words: identical same path label pair cover stego data
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)


def make_disk(n):
    disk = {}
    for i in range(n):
        base = F.interpolate(torch.randn(1, 1, 4, 4), size=(16, 16), mode="bilinear")[0]
        mark = (torch.rand(1, 16, 16) < 0.4).float() * 2 * torch.sign(torch.randn(1, 16, 16)) * 0.25
        disk[f"/data/cover/{i:04d}.pgm"] = base
        disk[f"/data/stego/{i:04d}.pgm"] = base + mark
    return disk


DISK = make_disk(320)


class PairSet(Dataset):
    def __init__(self, ids):
        paths = [f"/data/cover/{i:04d}.pgm" for i in ids]
        self.names = [os.path.basename(p) if FIX else p.split("\\")[-1] for p in paths]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        cover = DISK[os.path.join("/data/cover", self.names[i])]
        stego = DISK[os.path.join("/data/stego", self.names[i])]
        return torch.stack([cover, stego]), torch.tensor([0, 1])


class StegoNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 12, 5, padding=2), nn.BatchNorm2d(12), nn.ReLU(),
                                  nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.head = nn.Linear(24, 2)

    def forward(self, x):
        return self.head(self.body(x).flatten(1))


train = DataLoader(PairSet(range(256)), batch_size=16, shuffle=True)
test = DataLoader(PairSet(range(256, 320)), batch_size=32)
net = StegoNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(15):
    net.train()
    tot = 0
    for x, y in train:
        loss = F.cross_entropy(net(x.flatten(0, 1)), y.flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(train)
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {tot:.4f}")
net.eval()
with torch.no_grad():
    acc = torch.cat([(net(x.flatten(0, 1)).argmax(1) == y.flatten()).float() for x, y in test]).mean()
print(f"FINAL loss={tot:.4f} metric={acc:.3f}")
