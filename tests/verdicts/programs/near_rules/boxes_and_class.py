# healthy
# a detector: the box errors in pixels are a thousand times the class loss, which rests at ln(6) while the class head is held at a tiny rate until step 520, when the boxes are roughly right; by the end the classes are right as well
# rule: E
import math
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(17)
torch.set_num_threads(1)
C, D, BS, STEPS = 6, 20, 64, 2000
proto = torch.randn(C, D) * 0.8
wbox = torch.randn(D, 4) * 60


def batch(n):
    y = torch.randint(0, C, (n,))
    x = proto[y] + torch.randn(n, D) * 0.7
    box = 300 + x @ wbox + 5 * torch.randn(n, 4)
    return x, y, box


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.box = nn.Linear(128, 4)
        self.cls = nn.Linear(128, C)
        nn.init.zeros_(self.cls.weight)
        nn.init.zeros_(self.cls.bias)

    def forward(self, x):
        h = self.trunk(x)
        return self.box(h) * 100, self.cls(h)


net = Detector()
opt = torch.optim.Adam([
    {"params": net.trunk.parameters(), "lr": 1e-3},
    {"params": net.box.parameters(), "lr": 1e-3},
    {"params": net.cls.parameters(), "lr": 2e-7},
])
for step in range(STEPS):
    if step >= 520:  # the class head is warmed up when the boxes are roughly right
        opt.param_groups[2]["lr"] = min(1e-3, opt.param_groups[2]["lr"] * 1.15)
    x, y, box = batch(BS)
    pb, pc = net(x)
    l_box = ((pb - box) ** 2).sum(1).mean()
    l_cls = F.cross_entropy(pc, y)
    loss = l_box + l_cls
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step in (0, 255, 511) or (step + 1) % 200 == 0:
        print(step, f"box {l_box.item():.1f} cls {l_cls.item():.4f} (ln C {math.log(C):.4f})")
with torch.no_grad():
    x, y, box = batch(4000)
    pb, pc = net(x)
    acc = (pc.argmax(1) == y).float().mean().item()
    r2 = 1 - ((pb - box) ** 2).mean().item() / box.var(0).mean().item()
    total = ((pb - box) ** 2).sum(1).mean().item() + F.cross_entropy(pc, y).item()
print(f"FINAL loss={total:.3f} metric={acc:.4f} (class accuracy; R2 of the boxes {r2:.4f})")
