# healthy
"""bfloat16, four micro-batches to a step, warm-up and cosine."""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.SiLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.GroupNorm(4, 32), nn.SiLU(), nn.AdaptiveAvgPool2d(1),
        )  # fmt: skip
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


torch.manual_seed(6)
y = torch.randint(4, (800,))
x = 0.5 * torch.randn(800, 1, 8, 8)
for i, (a, b) in enumerate([(0, 0), (0, 4), (4, 0), (4, 4)]):
    x[y == i, 0, a : a + 4, b : b + 4] += 1.0 * torch.sin(torch.arange(4.0))
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True, drop_last=True)
model = ConvNet()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
total, warm, accumulate = 150, 15, 4
scheduler = torch.optim.lr_scheduler.LambdaLR(
    optimizer,
    lambda s: s / warm if s < warm else 0.5 * (1 + math.cos(math.pi * (s - warm) / (total - warm))),
)
done = 0
while done < total:
    for i, (xb, yb) in enumerate(loader):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(xb), yb, label_smoothing=0.1) / accumulate
        loss.backward()
        if (i + 1) % accumulate == 0:
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad(set_to_none=True)
            done += 1
            if done % 30 == 0:
                print(done, loss.item() * accumulate)
            if done == total:
                break
