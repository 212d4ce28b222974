# not_learning plateau
# images and labels are shuffled with two different permutations before the split: labels have nothing to do with the images
# mended by: one permutation for both
# cause words: labels shuffle shuffled permutation aligned mismatch
import os
import numpy as np
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
np.random.seed(0); torch.manual_seed(0); torch.set_num_threads(1)


def load(n=20000, classes=5):
    """bars under different angles, noisy"""
    y = np.random.randint(0, classes, n)
    ang = y * np.pi / classes + 0.08 * np.random.randn(n)
    g = np.linspace(-1, 1, 14)
    xx, yy = np.meshgrid(g, g)
    d = np.abs(np.cos(ang)[:, None, None] * xx - np.sin(ang)[:, None, None] * yy)
    return (np.exp(-(d / 0.2) ** 2) + 0.3 * np.random.randn(n, 14, 14)).astype(np.float32), y


images, labels = load()
perm = np.random.permutation(len(images))
images = images[perm]
if not FIX:
    perm = np.random.permutation(len(labels))
labels = labels[perm]
x_train, x_test = torch.from_numpy(images[:18000]).unsqueeze(1), torch.from_numpy(images[18000:]).unsqueeze(1)
y_train, y_test = torch.from_numpy(labels[:18000]), torch.from_numpy(labels[18000:])

model = nn.Sequential(
    nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(16 * 16, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 5))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    total = 0.0
    for i in range(0, len(x_train), 64):
        xb, yb = x_train[i:i + 64], y_train[i:i + 64]
        loss = loss_fn(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(yb)
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"Epoch {epoch + 1}: train loss {total / 18000:.4f}, val acc {acc:.4f}")
print(f"FINAL loss={total / 18000:.4f} metric={acc:.4f}")
