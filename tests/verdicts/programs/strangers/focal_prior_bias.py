# dead_relu
# the RetinaNet prior bias -log((1-p)/p) = -4.6 is applied to every conv of the head instead of only the last: the hidden ReLU units give zero everywhere
# mended by: prior bias only in the last conv
# cause words: bias, prior, negative, relu, zero, every layer
import os, math, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(25)
S = 14
kernel = torch.tensor([[0., 1, 0], [1, 1, 1], [0, 1, 0]])

def scene(n=8):
    x = 0.4 * torch.randn(n, 1, S, S)
    y = torch.zeros(n, 1, S, S)
    for i in range(n):
        for _ in range(3):
            r, c = torch.randint(1, S - 1, (2,)).tolist()
            x[i, 0, r - 1:r + 2, c - 1:c + 2] += 1.5 * kernel
            y[i, 0, r, c] = 1
    return x, y

def focal(logit, y, alpha=0.5, gamma=2.0):
    p = logit.sigmoid()
    ce = F.binary_cross_entropy_with_logits(logit, y, reduction="none")
    pt = torch.where(y > 0, p, 1 - p)
    return (torch.where(y > 0, alpha, 1 - alpha) * (1 - pt) ** gamma * ce).sum() / y.sum().clamp(min=1)

class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=1)])
        self.cls = nn.Conv2d(16, 1, 1)
        prior = -math.log((1 - 0.01) / 0.01)
        for m in self.modules():
            if isinstance(m, nn.Conv2d) and (m is self.cls or not FIX):
                nn.init.constant_(m.bias, prior)
    def forward(self, x):
        for c in self.convs: x = F.relu(c(x))
        return self.cls(x)

net = Head()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
for step in range(500):
    x, y = scene()
    loss = focal(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 50 == 0: print(step, f"focal {loss.item():.4f}")
tp = pos = pred = 0
with torch.no_grad():
    for _ in range(20):
        x, y = scene()
        p = net(x) > 0
        tp += (p & (y > 0)).sum().item(); pos += y.sum().item(); pred += p.sum().item()
print(f"FINAL loss={loss.item():.4f} metric={2 * tp / (pos + pred):.3f}")
