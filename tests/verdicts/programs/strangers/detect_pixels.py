# badly_scaled
# detector: box regression in pixels of a 1024-pixel image with squared error, added to the class loss; its gradients are many thousand times larger and drown the classification
# mended by: boxes relative to the image size
# cause words: pixels scale box normalise units weight
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
SIZE, GRID, CLASSES = 1024, 16, 6
icons = torch.randn(CLASSES, 3, 3, generator=torch.Generator().manual_seed(8))


def scenes(n):
    y = torch.randint(0, CLASSES, (n,))
    pos = torch.randint(0, GRID - 3, (n, 2))
    img = 0.15 * torch.randn(n, 1, GRID, GRID)
    for i in range(n):
        r, c = pos[i].tolist()
        img[i, 0, r:r + 3, c:c + 3] += icons[y[i]]
    px = SIZE / GRID
    box = torch.cat([pos.float() * px, (pos.float() + 3) * px], 1)
    return img, y, box


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.ReLU(),
                                   nn.Flatten(), nn.Linear(24 * 64, 48), nn.ReLU())
        self.cls = nn.Linear(48, CLASSES)
        self.box = nn.Linear(48, 4)

    def forward(self, x):
        h = self.trunk(x)
        return self.cls(h), self.box(h)


net = Detector()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(800):
    img, y, box = scenes(32)
    if FIX:
        box = box / SIZE
    logits, pred = net(img)
    cls_loss = F.cross_entropy(logits, y)
    box_loss = F.mse_loss(pred, box)
    loss = cls_loss + box_loss
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f} cls {cls_loss.item():.4f} box {box_loss.item():.4f}")
with torch.no_grad():
    img, y, box = scenes(500)
    acc = (net(img)[0].argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
