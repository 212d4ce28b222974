# miswired not_learning
# the PositionalEncoding of the PyTorch tutorial expects (time, batch, dim); fed batch-first it adds the code of the sample's index in the batch, not of the position
# mended by: pe[: x.size(1)] added along the time axis
# cause words: positional, position, batch index, batch-first, pe, axis
import math
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
VOCAB, T, D = 20, 12, 32


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=500):
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x):
        if FIX:
            return x + self.pe[: x.size(1), 0]
        return x + self.pe[: x.size(0)]


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, D)
        self.pos = PositionalEncoding(D)
        layer = nn.TransformerEncoderLayer(D, 4, 64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(D, 2)

    def forward(self, x):
        h = self.encoder(self.pos(self.emb(x) * math.sqrt(D) * 0.3))
        return self.head(h.mean(1))


def batch(n):
    # does token 0 come before token 1 ?
    x = torch.randint(2, VOCAB, (n, T))
    p = torch.rand(n, T).argsort(1)[:, :2]
    x.scatter_(1, p, torch.tensor([0, 1]).expand(n, 2))
    return x, (p[:, 0] < p[:, 1]).long()


model = Classifier()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
for step in range(400):
    x, y = batch(64)
    loss = nn.functional.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 100 == 0:
        print(step, round(loss.item(), 4))
model.eval()
with torch.no_grad():
    x, y = batch(500)
    out = model(x)
    print(f"FINAL loss={nn.functional.cross_entropy(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean().item():.4f}")
