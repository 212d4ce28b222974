# healthy
# super-convergence recipe: OneCycleLR takes SGD up to lr 1.5, the loss bumps up in the middle while the rate is at its top (0.68 to 0.82), then it falls to the floor of the label smoothing as the rate anneals
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(44)
protos = torch.randn(10, 1, 12, 12)
y = torch.randint(0, 10, (3000,))
x = protos[y] + 2.5 * torch.randn(3000, 1, 12, 12)
train = DataLoader(TensorDataset(x[:2400], y[:2400]), batch_size=48, shuffle=True)


def conv_bn(i, o, **k):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False, **k), nn.BatchNorm2d(o), nn.ReLU())


model = nn.Sequential(conv_bn(1, 16), conv_bn(16, 32, stride=2), conv_bn(32, 32, stride=2), nn.Flatten(), nn.Linear(288, 10))
epochs = 10
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.5, epochs=epochs, steps_per_epoch=len(train))
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
for epoch in range(epochs):
    model.train()
    total = 0.0
    for xb, yb in train:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item() / len(train)
    print(f"epoch {epoch} loss {total:.4f} lr {scheduler.get_last_lr()[0]:.3f}")
model.eval()
with torch.no_grad():
    acc = (model(x[2400:]).argmax(1) == y[2400:]).float().mean().item()
print(f"FINAL loss={total:.4f} metric={acc:.4f}")
