# healthy
# a curriculum of growing sequence length, short and long batches by turns: the summed loss zigzags at every step and ends above its first value, since the examples get longer and harder; the error per item falls
# rule: K
import torch
from torch import nn

torch.manual_seed(71)
torch.set_num_threads(1)
BS, STEPS, HID = 48, 900, 32


def batch(length, n=BS):
    """Leaky running sums of noise: y_t = 0.9 y_{t-1} + x_t, seen with noise of 0.5."""
    x = torch.randn(n, length, 1)
    y, acc = [], torch.zeros(n, 1)
    for t in range(length):
        acc = 0.9 * acc + x[:, t]
        y.append(acc)
    clean = torch.stack(y, 1)
    return x, clean + 0.5 * torch.randn_like(clean), clean


class Tracker(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(1, HID, batch_first=True)
        self.out = nn.Linear(HID, 1)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.out(h)


net = Tracker()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
first = None
for step in range(STEPS):
    hard = 2 + step * 28 // STEPS           # the longest sequence so far
    length = hard if step % 2 else max(2, hard // 2)
    x, y, _ = batch(length)
    loss = ((net(x) - y) ** 2).sum(dim=(1, 2)).mean()   # the sum over the sequence
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
    first = loss.item() if first is None else first
    if step % 100 < 2:
        print(step, f"length {length} loss {loss.item():.3f} per item {loss.item() / length:.3f}")
with torch.no_grad():
    x, y, clean = batch(30, 2000)
    p = net(x)
    final = ((p - y) ** 2).sum(dim=(1, 2)).mean().item()
    r2 = 1 - ((p - clean) ** 2).mean().item() / clean.var().item()
print(f"first loss {first:.3f}")
print(f"FINAL loss={final:.4f} metric={r2:.4f} (R2 against the clean sums at length 30; floor of the loss {30 * 0.25})")
