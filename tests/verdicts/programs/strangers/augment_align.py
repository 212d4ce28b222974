# not_learning plateau
# the caching dataset permutes the pictures anew each epoch but not the labels; every label belongs to another picture
# mended by: one permutation for both
# cause words: labels shuffle permutation misaligned pairs mismatch
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
rng = np.random.default_rng(0)
torch.manual_seed(0)


def digits(n):
    """8x8 strokes: ten random glyphs, shifted and noisy"""
    g = np.random.default_rng(42).random((10, 6, 6)) > 0.55
    y = rng.integers(0, 10, n)
    x = rng.normal(0, 0.3, (n, 1, 8, 8)).astype("float32")
    for k in range(n):
        a, b = rng.integers(0, 3, 2)
        x[k, 0, a:a + 6, b:b + 6] += g[y[k]]
    return x, y


class CachedLoader:
    def __init__(self, x, y, bs):
        self.x, self.y, self.bs = x, y, bs

    def __iter__(self):
        p = rng.permutation(len(self.x))
        q = p if FIX else rng.permutation(len(self.y))
        xs, ys = self.x[p], self.y[q]
        for i in range(0, len(xs), self.bs):
            yield torch.from_numpy(xs[i:i + self.bs]), torch.from_numpy(ys[i:i + self.bs])


xa, ya = digits(3600)
loader = CachedLoader(xa[:3000], ya[:3000], 60)
net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1),
                    nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=5e-4)
epochs = 12
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.05, total_steps=epochs * 50)
for ep in range(epochs):
    net.train()
    s = 0.0
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        s += loss.item() / 50
    print(f"epoch {ep} loss {s:.4f}")
net.eval()
with torch.no_grad():
    acc = (net(torch.from_numpy(xa[3000:])).argmax(1).numpy() == ya[3000:]).mean()
print(f"FINAL loss={s:.4f} metric={acc:.4f}")
