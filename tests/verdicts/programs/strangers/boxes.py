# badly_scaled
# detector regresses boxes in raw pixels of a 1920-wide frame with MSE: losses of 1e5 and huge gradients, the head crawls towards its targets
# mended by: boxes divided by the frame size
# cause words: pixel scale normalis target box units
import os, torch, torch.nn as nn, torch.nn.functional as F
from dataclasses import dataclass
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(27); torch.set_num_threads(1)

@dataclass
class DetCfg:
    frame: float = 1920.0
    grid: int = 16
    classes: int = 3
    steps: int = 1100
    box_w: float = 1.0

class Detector(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
                                  nn.Flatten(), nn.Linear(32 * 16, 96), nn.ReLU())
        self.box, self.cls = nn.Linear(96, 4), nn.Linear(96, c.classes)
    def forward(self, x):
        h = self.body(x)
        return self.box(h), self.cls(h)

def frames(n, c):
    """small preview of the frame; annotation x1 y1 x2 y2 in pixels of the original"""
    x = 0.2 * torch.randn(n, 1, c.grid, c.grid); b = torch.zeros(n, 4); y = torch.randint(0, c.classes, (n,))
    for i in range(n):
        w, h = torch.randint(4, 9, (2,)).tolist()
        x0, y0 = int(torch.randint(0, c.grid - w, ())), int(torch.randint(0, c.grid - h, ()))
        patch = [1.0, 2.0, -1.0][y[i]]
        x[i, 0, y0:y0 + h, x0:x0 + w] += patch
        b[i] = torch.tensor([x0, y0, x0 + w, y0 + h]) * (c.frame / c.grid)
    return x, b, y

def iou(a, b):
    lo, hi = torch.max(a[:, :2], b[:, :2]), torch.min(a[:, 2:], b[:, 2:])
    inter = (hi - lo).clamp(min=0).prod(1)
    area = lambda t: (t[:, 2:] - t[:, :2]).clamp(min=0).prod(1)
    return inter / (area(a) + area(b) - inter).clamp(min=1e-6)

c = DetCfg()
unit = c.frame if FIX else 1.0
model = Detector(c)
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
pool = frames(3000, c)
for s in range(c.steps):
    i = torch.randint(0, 3000, (64,))
    x, b, y = (t[i] for t in pool)
    pb, pc = model(x)
    l_box, l_cls = F.mse_loss(pb, b / unit), F.cross_entropy(pc, y)
    loss = c.box_w * l_box + l_cls
    opt.zero_grad(); loss.backward(); opt.step()
    if s % 70 == 0:
        print(f"step {s} box {l_box.item():.4f} cls {l_cls.item():.4f}")
with torch.no_grad():
    x, b, y = frames(400, c)
    pb, pc = model(x)
    acc = (pc.argmax(1) == y).float().mean().item()
    m = iou(pb * unit, b).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f} cls_acc={acc:.4f}")
