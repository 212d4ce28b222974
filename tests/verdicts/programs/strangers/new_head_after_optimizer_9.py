# miswired
# fine-tuning: the classifier is reset for the new number of classes after the optimizer was built, so the optimizer holds the old head and only the slow backbone group moves
# mended by: reset_classifier before the optimizer is built
# cause words: optimizer head classifier parameters replaced reset
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
proj = torch.randn(12, 3 * 64) * 0.5


def pics(n, classes):
    z = torch.randn(n, 12)
    y = (z[:, :classes] if classes <= 12 else z).argmax(1)
    return (z @ proj).view(n, 3, 8, 8) + 0.3 * torch.randn(n, 3, 8, 8), y


class Net(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(nn.Flatten(), nn.Linear(192, 64), nn.BatchNorm1d(64), nn.GELU(), nn.Linear(64, 48), nn.GELU())
        self.fc = nn.Linear(48, num_classes)

    def reset_classifier(self, k):
        self.fc = nn.Linear(48, k)
        nn.init.normal_(self.fc.weight, std=0.001)
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        return self.fc(self.features(x))


model = Net(12)
pre = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(200):
    x, y = pics(64, 12)
    pre.zero_grad()
    F.cross_entropy(model(x), y).backward()
    pre.step()


def param_groups(m):
    return [{"params": m.features.parameters(), "lr": 1e-5}, {"params": m.fc.parameters(), "lr": 2e-2}]


if FIX:
    model.reset_classifier(6)
opt = torch.optim.AdamW(param_groups(model), weight_decay=1e-2)
if not FIX:
    model.reset_classifier(6)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 400)
for step in range(400):
    x, y = pics(48, 6)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 80 == 0:
        print(f"finetune {step} {loss.item():.4f}")
model.eval()
x, y = pics(1000, 6)
with torch.no_grad():
    out = model(x)
print(f"FINAL loss={F.cross_entropy(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean():.3f}")
