# miswired
# the head is replaced after the optimizer was built, so the optimizer still holds the old head and the new one never trains (the body is frozen on purpose)
# mended by: building the optimizer after replacing the head
# cause words: optimizer head replaced parameters before
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11); torch.set_num_threads(1)


class Net(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(40, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.fc = nn.Linear(128, n_out)

    def forward(self, x):
        return self.fc(self.backbone(x))


W = torch.randn(40, 10)
def make(n, shift):
    x = torch.randn(n, 40)
    s = torch.tanh(x @ W / 3)
    y = (s @ torch.randn(10, shift, generator=torch.Generator().manual_seed(shift))).argmax(1)
    return TensorDataset(x, y)


def pretrain(model):
    o = torch.optim.Adam(model.parameters(), 1e-3)
    ds = make(4000, 20)
    for ep in range(12):
        for x, y in DataLoader(ds, 128, shuffle=True):
            o.zero_grad(); nn.functional.cross_entropy(model(x), y).backward(); o.step()


model = Net(20)
pretrain(model)
for p in model.backbone.parameters():
    p.requires_grad = False

if FIX:
    model.fc = nn.Linear(128, 5)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
if not FIX:
    model.fc = nn.Linear(128, 5)      # new task: 5 classes

train = DataLoader(make(3000, 5), 64, shuffle=True)
for epoch in range(10):
    tot = hit = 0
    for x, y in train:
        optimizer.zero_grad()
        out = model(x)
        loss = nn.functional.cross_entropy(out, y)
        loss.backward()
        optimizer.step()
        tot += loss.item() * len(y); hit += (out.argmax(1) == y).sum().item()
    print(f"Epoch {epoch}: loss={tot / 3000:.4f} acc={hit / 3000:.3f}")
print(f"FINAL loss={tot / 3000:.4f} metric={hit / 3000:.4f}")
