# not_learning plateau
# a transformer without positional encoding must say which of two tokens comes first: it sees a bag of tokens
# mended by: adding a learned positional embedding
# cause words: position positional encoding order
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T, D = 12, 10, 32


def batch(n=64):
    x = torch.randint(2, V, (n, T))
    pos = torch.stack([torch.randperm(T)[:2] for _ in range(n)])
    r = torch.arange(n)
    x[r, pos[:, 0]] = 0
    x[r, pos[:, 1]] = 1
    return x, (pos[:, 0] < pos[:, 1]).float()          # does "0" come before "1"?


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, D)
        if FIX:
            self.pos = nn.Embedding(T, D)
        enc = nn.TransformerEncoderLayer(D, nhead=4, dim_feedforward=64, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(enc, num_layers=2, enable_nested_tensor=False)
        self.head = nn.Linear(D, 1)

    def forward(self, x):
        h = self.emb(x)
        if FIX:
            h = h + self.pos(torch.arange(T))
        return self.head(self.encoder(h).mean(1)).squeeze(-1)


model = Encoder()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
crit = nn.BCEWithLogitsLoss()
log = []
for step in range(700):
    x, y = batch()
    loss = crit(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    log.append(loss.item())
    if step % 100 == 99:
        print(f"step {step + 1} loss {sum(log[-100:]) / 100:.4f}")
with torch.no_grad():
    x, y = batch(1000)
    acc = ((model(x) > 0).float() == y).float().mean().item()
print(f"FINAL loss={sum(log[-50:]) / 50:.4f} metric={acc:.4f}")
