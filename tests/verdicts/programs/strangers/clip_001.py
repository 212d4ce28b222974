# clipping_dominates
# gradient norm clipped at 0.001 under SGD: nearly every step is cut to a tiny length
# mended by: clipping at 5.0
# cause words: clip max_norm threshold norm small
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T = 30, 14
MAX_NORM = 5.0 if FIX else 0.001


def reviews(n):
    """Positive when more 'good' words (0-9) than 'bad' words (10-19)."""
    x = torch.randint(0, V, (n, T))
    good, bad = (x < 10).sum(1), ((x >= 10) & (x < 20)).sum(1)
    return x, (good > bad).long()


class Sentiment(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 16)
        self.gru = nn.GRU(16, 32, batch_first=True)
        self.fc = nn.Linear(32, 2)

    def forward(self, x):
        h, _ = self.gru(self.emb(x))
        return self.fc(h.mean(1))


net = Sentiment()
opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
avg = None
for step in range(900):
    x, y = reviews(64)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), MAX_NORM)
    opt.step()
    avg = loss.item() if avg is None else 0.97 * avg + 0.03 * loss.item()
    if step % 100 == 0:
        print(f"step {step} loss {avg:.4f}")
with torch.no_grad():
    x, y = reviews(1000)
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={avg:.4f} metric={acc:.4f}")
