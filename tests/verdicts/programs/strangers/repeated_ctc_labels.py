# nonfinite
# CTC: a target with several repeated labels needs more frames (L + repeats) than the 10 output frames; the loss is inf and its gradient NaN.
# mended by: nn.CTCLoss(zero_infinity=True)
import os
import numpy as np
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T = 10, 20
proto = np.random.default_rng(1).normal(size=(V + 1, 12))
proto[0] = 0


def utterances(n, r):
    xs, ys, lens = [], [], []
    for _ in range(n):
        L = r.integers(3, 8)
        lab = r.integers(1, V + 1, L)
        x = 0.3 * r.normal(size=(T, 12))
        edges = np.linspace(0, T, L + 1).astype(int)
        for k in range(L):
            x[edges[k]:edges[k + 1] - 1] += proto[lab[k]]
        xs.append(x)
        ys.append(lab)
        lens.append(L)
    return (torch.tensor(np.stack(xs), dtype=torch.float32), torch.from_numpy(np.concatenate(ys)),
            torch.tensor(lens), ys)


class Acoustic(nn.Module):
    def __init__(self):
        super().__init__()
        self.front = nn.Conv1d(12, 64, 5, stride=2, padding=2)
        self.rnn = nn.GRU(64, 48, batch_first=True, bidirectional=True)
        self.out = nn.Linear(96, V + 1)

    def forward(self, x):
        h = torch.relu(self.front(x.transpose(1, 2))).transpose(1, 2)
        h, _ = self.rnn(h)
        return self.out(h).log_softmax(-1).transpose(0, 1)


model = Acoustic()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
ctc = nn.CTCLoss(blank=0, zero_infinity=FIX)
r = np.random.default_rng(0)
losses = []
for step in range(500):
    x, y, lens, _ = utterances(16, r)
    logp = model(x)
    loss = ctc(logp, y, torch.full((16,), logp.size(0)), lens)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    opt.step()
    losses.append(loss.item())
    if step % 50 == 0:
        print(step, f"{loss.item():.3f}")

with torch.no_grad():
    x, _, _, ys = utterances(300, np.random.default_rng(123))
    best = model(x).argmax(-1).t().numpy()
    ok = 0
    for b, y in zip(best, ys):
        c = [k for i, k in enumerate(b) if k and (i == 0 or b[i - 1] != k)]
        ok += len(c) == len(y) and all(np.array(c) == y)
print(f"FINAL loss={np.mean(losses[-50:]):.4f} metric={ok / 300:.4f}")
