# badly_scaled
# a detection head adds the class loss to the squared error of box corners in pixels (0 to 640): the box term is 1e4 times larger and the class is not learned
# mended by: dividing the boxes by the picture size, after which an ordinary lr (0.05 for 2e-6) can be used
# cause words: box pixels scale normalise weight loss
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
SIZE, G = 640.0, 16


def scene(n=32):
    cls = torch.randint(0, 4, (n,))
    cx, cy = torch.randint(3, G - 3, (2, n))
    half = torch.randint(1, 3, (n,))
    r = torch.arange(G)
    mask = (((r[None, :, None] - cy[:, None, None]).abs() <= half[:, None, None])
            & ((r[None, None, :] - cx[:, None, None]).abs() <= half[:, None, None])).float()
    stripes = torch.stack([torch.ones(G, G), (r[:, None] % 2).expand(G, G).float() * 2,
                           (r[None, :] % 2).expand(G, G).float() * 2, ((r[:, None] + r[None, :]) % 2).float() * 2])
    img = mask * stripes[cls] + 0.1 * torch.randn(n, G, G)
    box = torch.stack([cx - half, cy - half, cx + half + 1, cy + half + 1], 1).float() * (SIZE / G)
    return img[:, None], cls, box


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Conv2d(16, 24, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 64, 64), nn.ReLU())
        self.cls = nn.Linear(64, 4)
        self.box = nn.Linear(64, 4)

    def forward(self, x):
        h = self.net(x)
        return self.cls(h), self.box(h)


model = Detector()
opt = torch.optim.SGD(model.parameters(), lr=0.05 if FIX else 2e-6, momentum=0.9)
for it in range(600):
    img, cls, box = scene()
    logits, pred = model(img)
    target = box / SIZE if FIX else box
    l_cls, l_box = F.cross_entropy(logits, cls), F.mse_loss(pred, target)
    loss = l_cls + l_box
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 0:
        print(f"it {it} cls {l_cls.item():.3f} box {l_box.item():.4f}")
with torch.no_grad():
    img, cls, box = scene(500)
    logits, pred = model(img)
    acc = (logits.argmax(1) == cls).float().mean().item()
    err = (pred * (SIZE if FIX else 1) - box).abs().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f} box error {err:.1f} px")
