# healthy
# curriculum: every 200 steps the sequences get longer, the loss leaps up and comes down again
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)


class Reverser(nn.Module):
    """reads digits, then says them backwards"""
    def __init__(self, V=12, h=96):
        super().__init__()
        self.emb = nn.Embedding(V, h)
        self.enc, self.dec = nn.GRU(h, h, batch_first=True), nn.GRU(h, h, batch_first=True)
        self.out = nn.Linear(h, V)

    def forward(self, x, y_in):
        _, h = self.enc(self.emb(x))
        o, _ = self.dec(self.emb(y_in), h)
        return self.out(o)


def batch(L, n=64):
    x = torch.randint(2, 12, (n, L))
    y = x.flip(1)
    return x, torch.cat([torch.ones(n, 1, dtype=torch.long), y[:, :-1]], 1), y


model = Reverser()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
for step in range(1000):
    L = 1 + step // 200
    x, yi, y = batch(L)
    loss = F.cross_entropy(model(x, yi).flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 50 in (0, 49):
        print(f"step {step} length {L} loss {loss.item():.4f}")
with torch.no_grad():
    x, yi, y = batch(5, 500)
    acc = (model(x, yi).argmax(-1) == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
