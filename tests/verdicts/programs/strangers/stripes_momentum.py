# miswired output_cannot_change oscillating_loss exploding_gradient nonfinite
# optimizer.zero_grad is named without being called, so gradients pile up over all steps.
# mended by: Call optimizer.zero_grad().
import os
import torch
import torch.nn as nn
import torch.nn.functional as F


class SmallConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.f1 = nn.Linear(16 * 9, 32)
        self.f2 = nn.Linear(32, 4)

    def forward(self, x):
        x = F.max_pool2d(F.leaky_relu(self.c1(x), 0.1), 2)
        x = F.max_pool2d(F.leaky_relu(self.c2(x), 0.1), 2)
        return self.f2(F.leaky_relu(self.f1(x.flatten(1)), 0.1))


def stripes(n):
    y = torch.randint(0, 4, (n,))
    i = torch.arange(12.0)
    u = torch.stack([i[None] + 0 * i[:, None], i[:, None] + 0 * i[None], i[None] + i[:, None], i[None] - i[:, None]])
    ph = torch.rand(n, 1, 1) * 6.28
    return (torch.sin(u[y] * 1.2 + ph) + 0.8 * torch.randn(n, 12, 12)).unsqueeze(1), y


torch.manual_seed(2024)
model = SmallConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)

for epoch in range(4):
    epoch_loss, epoch_acc = 0.0, 0.0
    for it in range(50):
        data, target = stripes(24)
        if os.environ.get("FIX") == "1":
            optimizer.zero_grad()
        else:
            optimizer.zero_grad
        output = model(data)
        loss = F.cross_entropy(output, target)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() / 50
        epoch_acc += (output.argmax(1) == target).float().mean().item() / 50
        if it % 25 == 0:
            print(f"Train epoch {epoch} [{it}/50] loss {loss.item():.4f}")
    print(f"== epoch {epoch} mean loss {epoch_loss:.4f} mean acc {epoch_acc:.3f}")
