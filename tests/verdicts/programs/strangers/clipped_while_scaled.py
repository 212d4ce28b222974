# clipping_dominates not_learning plateau miswired vanishing_gradient
# clip_grad_norm_ runs on gradients still multiplied by the GradScaler scale (4096), so every step is clipped and the unscaled gradient has norm 1/4096.
# mended by: scaler.unscale_(opt) before clip_grad_norm_
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"


class ConvNet(nn.Module):
    def __init__(self, n_cls=4):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 3, padding=1)
        self.c2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc = nn.Linear(24 * 9, n_cls)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


class AmpTrainer:
    def __init__(self, model, lr=0.05, max_norm=1.0):
        self.model, self.max_norm = model, max_norm
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 12)
        self.history = []

    def step(self, x, y):
        self.opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(self.model(x), y)
        self.scaler.scale(loss).backward()
        if FIX:
            self.scaler.unscale_(self.opt)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.scaler.step(self.opt)
        self.scaler.update()
        self.history.append(loss.item())


r = np.random.default_rng(0)


def bars(n):
    y = r.integers(0, 4, n)
    x = 0.5 * r.normal(size=(n, 1, 12, 12))
    for i in range(n):
        p = r.integers(2, 10)
        if y[i] == 0:
            x[i, 0, p] += 1.5
        elif y[i] == 1:
            x[i, 0, :, p] += 1.5
        elif y[i] == 2:
            x[i, 0] += 1.5 * np.eye(12, k=p - 6)
        else:
            x[i, 0] += 1.5 * np.eye(12, k=p - 6)[::-1]
    return torch.tensor(x, dtype=torch.float32), torch.from_numpy(y)


torch.manual_seed(0)
net = ConvNet()
tr = AmpTrainer(net)
for s in range(300):
    tr.step(*bars(32))
    if s % 30 == 0:
        print(f"{s} loss {tr.history[-1]:.4f} scale {tr.scaler.get_scale():.0f}")
with torch.no_grad():
    x, y = bars(1000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={np.mean(tr.history[-30:]):.4f} metric={acc:.4f}")
