# not_learning plateau
# network ported from TF1: keep_prob=0.95 was handed to nn.Dropout, which drops 95 % at each of four places
# mended by: Dropout(1 - keep_prob)
# cause words: dropout keep_prob drop probability 0.95
import os
import torch
from torch import nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
keep_prob = 0.95
P = 1 - keep_prob if FIX else keep_prob


class TextCNN(nn.Module):
    """Kim-style text CNN, ported from a tensorflow 1 repository."""

    def __init__(self, vocab=200, dim=24, n_classes=6):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.emb_drop = nn.Dropout(P)
        self.c1 = nn.Conv1d(dim, 48, 3, padding=1)
        self.d1 = nn.Dropout(P)
        self.c2 = nn.Conv1d(48, 48, 3, padding=1)
        self.d2 = nn.Dropout(P)
        self.fc = nn.Linear(48, 64)
        self.d3 = nn.Dropout(P)
        self.out = nn.Linear(64, n_classes)

    def forward(self, ids):
        h = self.emb_drop(self.emb(ids)).transpose(1, 2)
        h = self.d1(F.relu(self.c1(h)))
        h = self.d2(F.relu(self.c2(h)))
        h = h.max(dim=2).values
        return self.out(self.d3(F.relu(self.fc(h))))


def sample(n):
    y = torch.randint(0, 6, (n,))
    x = torch.randint(60, 200, (n, 20))
    for k in range(5):                       # five topic words somewhere in the text
        pos = torch.randint(0, 20, (n,))
        x[torch.arange(n), pos] = y * 10 + torch.randint(0, 10, (n,))
    return x, y


xtr, ytr = sample(4000)
xte, yte = sample(800)
net = TextCNN()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
losses = []
for step in range(700):
    idx = torch.randint(0, len(xtr), (64,))
    loss = F.cross_entropy(net(xtr[idx]), ytr[idx])
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    losses.append(loss.item())
    if step % 100 == 0:
        print(step, round(losses[-1], 4))
net.eval()
with torch.no_grad():
    acc = (net(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL loss={sum(losses[-50:]) / 50:.4f} metric={acc:.4f}")
