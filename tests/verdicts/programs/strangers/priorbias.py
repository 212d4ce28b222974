# dead_relu
# RetinaNet style prior-bias init (-log((1-p)/p) = -4.6) is applied to every conv of the head, not only to the last one, so the hidden ReLUs give zero for every input
# mended by: prior bias only for the output conv
# cause words: bias init negative relu dead prior zero
import os, math, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16); torch.set_num_threads(1)

class DetHead(nn.Module):
    def __init__(self, c=16, prior=0.01):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU())
        self.tower = nn.Sequential(nn.Conv2d(c, c, 3, padding=1), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1), nn.ReLU())
        self.cls = nn.Conv2d(c, 1, 3, padding=1)
        for m in list(self.tower) + [self.cls]:
            if isinstance(m, nn.Conv2d):
                nn.init.normal_(m.weight, std=0.01 if m is self.cls or not FIX else 0.1)
                if FIX and m is not self.cls:
                    nn.init.zeros_(m.bias)
                else:
                    nn.init.constant_(m.bias, -math.log((1 - prior) / prior))
    def forward(self, x):
        return self.cls(self.tower(self.backbone(x))).squeeze(1)

def sigmoid_focal(logits, t, alpha=0.25, gamma=2.0):
    p = logits.sigmoid()
    ce = F.binary_cross_entropy_with_logits(logits, t, reduction="none")
    pt = p * t + (1 - p) * (1 - t)
    a = alpha * t + (1 - alpha) * (1 - t)
    return (a * (1 - pt) ** gamma * ce).sum() / t.sum().clamp(min=1)

def scenes(n, s=16):
    x = 0.3 * torch.randn(n, 1, s, s); t = torch.zeros(n, s, s)
    for i in range(n):
        for _ in range(2):
            a, b = torch.randint(2, s - 2, (2,)).tolist()
            x[i, 0, a - 1:a + 2, b] += 1.2; x[i, 0, a, b - 1:b + 2] += 1.2
            t[i, a, b] = 1
        a, b = torch.randint(2, s - 2, (2,)).tolist()
        x[i, 0, a, b - 1:b + 2] += 1.5                 # distractor bar
    return x, t

model = DetHead()
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
warm = torch.optim.lr_scheduler.LinearLR(opt, 0.1, 1.0, 50)
for it in range(500):
    x, t = scenes(16)
    loss = sigmoid_focal(model(x), t)
    opt.zero_grad(); loss.backward(); opt.step(); warm.step()
    if it % 50 == 0:
        print(f"it {it} focal {loss.item():.4f}")
model.eval()
with torch.no_grad():
    x, t = scenes(100)
    lg = model(x).flatten(1)
    hit = t.flatten(1).gather(1, lg.topk(2, 1).indices).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={hit:.4f}")
