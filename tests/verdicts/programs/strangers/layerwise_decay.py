# plateau not_learning
# Layer-wise learning-rate decay of 0.02 instead of 0.8 leaves the first layers with rates of 1e-8 and less, so the narrow code never learns.
# mended by: Use a decay near 0.8.
import os

import torch
from torch import nn

torch.manual_seed(31)


class Stage(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.fc, self.norm, self.act = nn.Linear(i, o), nn.LayerNorm(o), nn.GELU()

    def forward(self, x):
        return self.act(self.norm(self.fc(x)))


class Compressor(nn.Module):
    """64 sensor channels are squeezed to a code of 4, then classified."""

    def __init__(self):
        super().__init__()
        self.stages = nn.ModuleList([Stage(64, 32), Stage(32, 4), Stage(4, 32), Stage(32, 32)])
        self.head = nn.Linear(32, 8)

    def forward(self, x):
        for s in self.stages:
            x = s(x)
        return self.head(x)


def layerwise_groups(model, base_lr, decay):
    groups = [{"params": model.head.parameters(), "lr": base_lr, "name": "head"}]
    for depth, stage in enumerate(reversed(model.stages), start=1):
        groups.append({"params": stage.parameters(), "lr": base_lr * decay**depth, "name": f"stage-{depth}"})
    return groups


mixing = torch.randn(3, 64)


def sensors(n):
    bits = torch.randint(0, 2, (n, 3))
    signal = (bits.float() * 2 - 1) @ mixing * 0.35
    label = bits @ torch.tensor([1, 2, 4])
    return signal + torch.randn(n, 64), label


decay = 0.8 if os.environ.get("FIX") == "1" else 0.02
net = Compressor()
optimizer = torch.optim.AdamW(layerwise_groups(net, 4e-3, decay), weight_decay=0.01)
for g in optimizer.param_groups:
    print(g["name"], g["lr"])

for step in range(300):
    x, y = sensors(64)
    logits = net(x)
    loss = nn.functional.cross_entropy(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 49:
        print(f"{step + 1:4d} loss {loss.item():.3f} acc {(logits.argmax(1) == y).float().mean().item():.2f}")
