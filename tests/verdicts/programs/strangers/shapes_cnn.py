# plateau not_learning
# 8-bit pictures are clamped to [0,1] instead of divided by 255, so every picture is all ones and inputs are constant.
# mended by: Divide by 255 before clamping.
# Circles, squares, crosses and stripes on a noisy camera-like background.
import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


class ShapeDataset(Dataset):
    def __init__(self, n, transform=None, seed=0):
        r = np.random.default_rng(seed)
        self.transform = transform
        self.labels = r.integers(0, 4, n)
        yy, xx = np.mgrid[:20, :20]
        imgs = []
        for k in self.labels:
            cy, cx, s = r.integers(7, 13), r.integers(7, 13), r.integers(4, 6)
            dy, dx = yy - cy, xx - cx
            m = [
                dy**2 + dx**2 <= s * s,
                (abs(dy) <= s - 1) & (abs(dx) <= s - 1) & ((abs(dy) >= s - 2) | (abs(dx) >= s - 2)),
                (abs(dy) <= 1) ^ (abs(dx) <= 1),
                (yy // 2) % 2 == 0,
            ][k]
            img = r.normal(60, 12, (20, 20)) + m * r.integers(60, 130)
            imgs.append(np.clip(img, 5, 255).astype(np.uint8))
        self.images = np.stack(imgs)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        img = torch.from_numpy(self.images[i]).float().unsqueeze(0)
        if self.transform:
            img = self.transform(img)
        return img, int(self.labels[i])


class ScaleTo01:
    def __call__(self, img):
        if os.environ.get("FIX") == "1":
            return (img / 255.0).clamp(0.0, 1.0)
        return img.clamp(0.0, 1.0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(24 * 3 * 3, 48)
        self.fc2 = nn.Linear(48, 4)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


torch.manual_seed(4)
train = DataLoader(ShapeDataset(960, ScaleTo01()), batch_size=32, shuffle=True)
test = DataLoader(ShapeDataset(256, ScaleTo01(), seed=1), batch_size=128)
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(5):
    net.train()
    running_loss = 0.0
    for inputs, labels in train:
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    net.eval()
    with torch.no_grad():
        correct = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
    print(f"epoch {epoch + 1}: train loss {running_loss / len(train):.4f}, test acc {correct / 256:.3f}")
print("Finished Training")
