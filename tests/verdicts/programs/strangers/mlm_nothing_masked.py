# nonfinite
# masked LM with short texts: a batch in which the collator masked no token has only ignored labels, the mean over nothing is NaN and destroys the weights
# mended by: at least one token of every text is masked
# cause words: mask empty ignore labels batch 0/0 -100
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, MASK = 24, 6, 23


def texts(n):
    start = torch.randint(0, 20, (n, 1))
    step = torch.randint(1, 3, (n, 1))
    return (start + step * torch.arange(L)) % 20


def collate(ids, prob=0.15):
    labels = ids.clone()
    pick = torch.rand(ids.shape) < prob
    if FIX:
        pick[torch.arange(len(ids)), torch.randint(0, L, (len(ids),))] = True
    labels[~pick] = -100
    return ids.masked_fill(pick, MASK), labels


class TinyBert(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.tok = nn.Embedding(V, d)
        self.pos = nn.Parameter(torch.randn(L, d) * 0.02)
        layer = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(d, V)

    def forward(self, ids):
        return self.out(self.enc(self.tok(ids) + self.pos))


model = TinyBert()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(900):
    ids, labels = collate(texts(4))
    active = (labels != -100).float()
    nll = F.cross_entropy(model(ids).transpose(1, 2), labels.clamp(min=0), reduction="none")
    loss = (nll * active).sum() / active.sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(step, loss.item())
ids = texts(256)
x = ids.clone()
x[:, 3] = MASK
with torch.no_grad():
    lg = model(x)[:, 3]
    print(f"FINAL loss={F.cross_entropy(lg, ids[:, 3]).item():.4f} metric={(lg.argmax(1) == ids[:, 3]).float().mean():.3f}")
