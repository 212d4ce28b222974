"""A small residual net on made-up pictures, with an epoch loop."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import gradtui

torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.one, self.two = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.bn1, self.bn2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x):
        return F.relu(x + self.bn2(self.two(F.relu(self.bn1(self.one(x))))))


net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1),
    *(Block(8) for _ in range(6)),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    nn.Linear(8, 10),
)
prototypes = torch.randn(10, 1, 8, 8)
y = torch.randint(0, 10, (1280,))
x = prototypes[y] + 2.0 * torch.randn(1280, 1, 8, 8)
data = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
vy = torch.randint(0, 10, (500,))
vx = prototypes[vy] + 2.0 * torch.randn(500, 1, 8, 8)
optimizer = torch.optim.SGD(net.parameters(), 0.02, momentum=0.9, weight_decay=5e-4)
for epoch in range(90):
    for images, labels in data:
        loss = F.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        out = net(vx)
    net.train()
    right = (out.argmax(1) == vy).float().mean().item()
    gradtui.log({"val/loss": F.cross_entropy(out, vy).item(), "val/accuracy": right})
    print(f"epoch {epoch}: {right:.1%} of the pictures right")
