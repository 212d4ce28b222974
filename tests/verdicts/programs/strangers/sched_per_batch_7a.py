# plateau not_learning
# ExponentialLR(0.9) is stepped after every batch and not every epoch: the learning rate is zero after a few dozen steps
# mended by: scheduler.step() once an epoch
# cause words: scheduler learning-rate lr decay batch epoch
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, CLS, L = 300, 5, 20
topic = torch.randint(0, CLS, (V,))


def corpus(n):
    y = torch.randint(0, CLS, (n,))
    x = torch.randint(0, V, (n, L))
    for c in range(CLS):
        rows = torch.where(y == c)[0]
        words = torch.where(topic == c)[0]
        x[rows, :8] = words[torch.randint(0, len(words), (len(rows), 8))]
    return x, y


class FastText(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.embedding = nn.EmbeddingBag(V, dim, mode="mean")
        self.fc = nn.Linear(dim, CLS)

    def forward(self, x):
        return self.fc(F.relu(self.embedding(x)))


X, Y = corpus(3000)
Xv, Yv = corpus(600)
model = FastText()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
for epoch in range(12):
    tot, n = 0.0, 0
    for b in torch.randperm(3000).split(50):
        loss = F.cross_entropy(model(X[b]), Y[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if not FIX:
            scheduler.step()
        tot, n = tot + loss.item(), n + 1
    if FIX:
        scheduler.step()
    acc = (model(Xv).argmax(1) == Yv).float().mean().item()
    print(f"epoch {epoch} loss {tot / n:.4f} val acc {acc:.3f}")
print(f"FINAL loss={tot / n:.4f} metric={acc:.4f}")
