# clipping_dominates
# clip_grad_norm_ with max_norm 0.005 (a value copied from elsewhere) under plain SGD: every step is as long as the clip allows
# mended by: max_norm 5
# cause words: clip clipping max_norm threshold
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T, D = 30, 12, 32


def get_batch(n=32):
    x = torch.randint(0, V, (n, T))
    y = ((x < 10).float().mean(1) > 0.34).long()
    return x, y


class SmallTransformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(V, D)
        self.pos = nn.Parameter(0.02 * torch.randn(T, D))
        layer = nn.TransformerEncoderLayer(D, 4, 64, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2)
        self.cls = nn.Linear(D, 2)

    def forward(self, x):
        return self.cls(self.enc(self.tok(x) + self.pos).mean(1))


model = SmallTransformer()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
criterion = nn.CrossEntropyLoss()
MAX_NORM = 5.0 if FIX else 0.005
log = []
for step in range(600):
    x, y = get_batch()
    loss = criterion(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    log.append(loss.item())
    if step % 100 == 99:
        print("step", step + 1, "loss", round(sum(log[-100:]) / 100, 4))
with torch.no_grad():
    x, y = get_batch(1000)
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(log[-50:]) / 50:.4f} metric={acc:.4f}")
