# healthy
# gradual unfreezing with discriminative rates: whole layers stand still for hundreds of steps, then join; the loss has steps in it but ends low
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T, K = 40, 12, 4
topic = torch.softmax(2.0 * torch.randn(8, V), 1)


def docs(n, fine):
    y = torch.randint(0, 8, (n,))
    x = torch.stack([torch.multinomial(topic[c], T, replacement=True) for c in y])
    return x, (y // 2 if fine else y % 2)


class Bag(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.emb = nn.EmbeddingBag(V, 32)
        self.l1, self.l2 = nn.Linear(32, 48), nn.Linear(48, 48)
        self.head = nn.Linear(48, k)

    def forward(self, x):
        return self.head(F.relu(self.l2(F.relu(self.l1(self.emb(x))))))


model = Bag(2)
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(200):
    x, y = docs(32, False)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"pretraining loss {loss.item():.4f}")
model.head = nn.Linear(48, K)
stages = [model.head, model.l2, model.l1, model.emb]
model.requires_grad_(False)
opt = torch.optim.Adam([{"params": m.parameters(), "lr": 3e-3 / 1.5 ** i} for i, m in enumerate(stages)])
for step in range(1000):
    if step % 150 == 0 and step // 150 < 4:
        stages[step // 150].requires_grad_(True)
    x, y = docs(32, True)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 75 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = docs(1000, True)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
