# miswired
# the optimizer is made before the classification head is replaced for the new task: it holds the old head, the new one is never updated
# mended by: the optimizer is made after the head is replaced
# cause words: optimizer head replaced parameters before order
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D = 40
basis = torch.randn(6, D)


def images(n, task):
    z = torch.randn(n, 6)
    x = torch.tanh(z @ basis) + 0.1 * torch.randn(n, D)
    y = (z[:, :4].argmax(1)) if task == "source" else 4 * (z[:, 0] > 0).long() + 2 * (z[:, 1] > 0).long() + (z[:, 2] > 0).long()
    return x, y


class Classifier(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 64), nn.LayerNorm(64), nn.ReLU())
        self.head = nn.Linear(64, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def fit(model, opt, task, steps):
    for step in range(steps):
        x, y = images(64, task)
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 150 == 0:
            print(f"{task} {step} loss {loss.item():.4f}")
    return loss.item()


model = Classifier(4)
fit(model, torch.optim.Adam(model.parameters(), lr=2e-3), "source", 300)
# fine-tuning: small rate for the backbone, large one for the head
def groups():
    return [{"params": model.backbone.parameters(), "lr": 2e-5}, {"params": model.head.parameters(), "lr": 5e-3}]


if not FIX:
    opt = torch.optim.AdamW(groups())
model.head = nn.Linear(64, 8)
if FIX:
    opt = torch.optim.AdamW(groups())
loss = fit(model, opt, "target", 900)
with torch.no_grad():
    x, y = images(1000, "target")
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss:.4f} metric={acc:.4f}")
