# healthy
# transfer learning as in the tutorial: the backbone is frozen on purpose (no gradients, in eval mode), only the new head is trained
import torch
import torch.nn as nn

torch.manual_seed(43)


class Backbone(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
                                      nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        return self.fc(self.features(x).flatten(1))


def data(n, classes):
    protos = torch.randn(classes, 3, 10, 10)
    y = torch.randint(0, classes, (n,))
    return protos[y] + 0.5 * torch.randn(n, 3, 10, 10), y


model = Backbone(20)
x, y = data(800, 20)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(150):
    i = torch.randint(0, 800, (32,))
    opt.zero_grad()
    loss = nn.functional.cross_entropy(model(x[i]), y[i])
    loss.backward()
    opt.step()
print("pretraining loss", round(loss.item(), 4))

for p in model.parameters():
    p.requires_grad = False
model.fc = nn.Linear(128, 5)
optimizer = torch.optim.SGD(filter(lambda p: p.requires_grad, model.parameters()), lr=0.05, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.3)
x, y = data(900, 5)
model.eval()
for epoch in range(20):
    total = 0.0
    for idx in torch.randperm(700).split(25):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx) / 700
    scheduler.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {total:.4f}")
with torch.no_grad():
    acc = (model(x[700:]).argmax(1) == y[700:]).float().mean().item()
print(f"FINAL loss={total:.4f} metric={acc:.4f}")
