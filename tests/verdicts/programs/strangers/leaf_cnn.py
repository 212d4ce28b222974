# not_learning plateau
# scheduler.step() of StepLR(step_size=5, gamma=0.5) stands inside the batch loop: after 100 batches the rate is one millionth
# mended by: step the scheduler once per epoch
# cause words: scheduler learning rate decay batch epoch StepLR lr
import os, torch, torch.nn as nn
from torch.optim.lr_scheduler import StepLR
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)

def leaves(n):
    y = torch.randint(0, 6, (n,))
    g = torch.linspace(-1, 1, 14)
    yy, xx = torch.meshgrid(g, g, indexing="ij")
    ang = (y.float() * 0.52 + 0.1 * torch.randn(n))[:, None, None]
    wave = torch.sin(9 * (xx * ang.cos() + yy * ang.sin()) + torch.rand(n, 1, 1) * 6.28)
    return (wave + 0.5 * torch.randn(n, 14, 14))[:, None], y

Xtr, ytr = leaves(1600)
Xte, yte = leaves(400)
net = nn.Sequential(
    nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
    nn.Flatten(), nn.Linear(32, 6))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
scheduler = StepLR(optimizer, step_size=5, gamma=0.5)

for epoch in range(10):
    net.train()
    running = 0.0
    for idx in torch.randperm(1600).split(40):
        optimizer.zero_grad()
        out = net(Xtr[idx])
        loss = criterion(out, ytr[idx])
        loss.backward()
        optimizer.step()
        if not FIX:
            scheduler.step()
        running += loss.item()
    if FIX:
        scheduler.step()
    print(f"Epoch {epoch+1}: loss {running/40:.4f}")
net.eval()
with torch.no_grad():
    acc = (net(Xte).argmax(1) == yte).float().mean().item()
print(f"FINAL loss={running/40:.4f} metric={acc:.4f}")
