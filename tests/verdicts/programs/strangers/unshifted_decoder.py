# miswired vanishing_gradient not_learning
# Decoder input is not shifted: it sees the very token it must predict; training loss goes to 0 and free-running accuracy is chance.
# mended by: dec_in[:, :-1]
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
rng = np.random.default_rng(0)
V, T, BOS = 6, 10, 6


def batch(n):
    x = rng.integers(0, V, (n, T))
    y = np.cumsum(x, 1) % V
    return torch.from_numpy(x), torch.from_numpy(y)


class Decoder(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.src = nn.Embedding(V, d)
        self.tgt = nn.Embedding(V + 1, d)
        self.rnn = nn.GRU(2 * d, d, batch_first=True)
        self.out = nn.Sequential(nn.Linear(3 * d, 64), nn.ReLU(), nn.Linear(64, V))

    def run(self, x, prev, h=None):
        e = torch.cat([self.src(x), self.tgt(prev)], -1)
        o, h = self.rnn(e, h)
        return self.out(torch.cat([o, e], -1)), h

    def forward(self, x, y):
        bos = torch.full_like(y[:, :1], BOS)
        dec_in = torch.cat([bos, y], 1)
        dec_in = dec_in[:, :-1] if FIX else dec_in[:, 1:]
        return self.run(x, dec_in)[0]

    @torch.no_grad()
    def generate(self, x):
        prev, h, ys = torch.full_like(x[:, :1], BOS), None, []
        for t in range(x.size(1)):
            logits, h = self.run(x[:, t:t + 1], prev, h)
            prev = logits.argmax(-1)
            ys.append(prev)
        return torch.cat(ys, 1)


model = Decoder()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
losses = []
for step in range(500):
    x, y = batch(64)
    loss = F.cross_entropy(model(x, y).flatten(0, 1), y.flatten())
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    opt.step()
    losses.append(loss.item())
    if step % 50 == 0:
        print(step, f"{losses[-1]:.4f}")
x, y = batch(1000)
acc = (model.generate(x) == y).float().mean().item()
print(f"FINAL loss={np.mean(losses[-50:]):.5f} metric={acc:.4f}")
