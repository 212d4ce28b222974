# miswired
# finetuning: the optimizer is made before the new head is put in, so it holds the old head and nothing in use is trained
# mended by: building the optimizer after replacing the head
# cause words: optimizer, head, replac, fc, parameters
# Stack Overflow: "Transfer learning accuracy does not change, optimizer"
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
centers = torch.randn(10, 40)


def data(n, classes, seed):
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, len(classes), (n,), generator=g)
    return centers[torch.tensor(classes)][y] + 0.9 * torch.randn(n, 40, generator=g), y


class Backbone(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(40, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU())
        self.fc = nn.Linear(64, n_classes)

    def forward(self, x):
        return self.fc(self.features(x))


def pretrain(model):
    x, y = data(2000, [0, 1, 2, 3, 4], 1)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(300):
        i = torch.randint(0, len(x), (64,))
        opt.zero_grad()
        F.cross_entropy(model(x[i]), y[i]).backward()
        opt.step()


model = Backbone(5)
pretrain(model)
for p in model.features[0].parameters():
    p.requires_grad = False
if not FIX:
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.05, momentum=0.9)
model.fc = nn.Linear(64, 5)
if FIX:
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.05, momentum=0.9)
x, y = data(2000, [5, 6, 7, 8, 9], 2)
xv, yv = data(500, [5, 6, 7, 8, 9], 3)
step = 0
for epoch in range(15):
    perm = torch.randperm(len(x))
    for k in range(0, len(x), 50):
        i = perm[k:k + 50]
        loss = F.cross_entropy(model(x[i]), y[i])
        model.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
    if epoch % 2 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
acc = (model(xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
