# healthy
# curriculum: the sequences get longer whenever the task is mastered, so the loss jumps back up at the early changes and stalls in between; the longest length is solved
import torch
from torch import nn
torch.manual_seed(0); torch.set_num_threads(1)
V = 10


class Copier(nn.Module):
    """running sum modulo 7 of the symbols seen so far"""
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 16)
        self.gru = nn.GRU(16, 64, batch_first=True)
        self.fc = nn.Linear(64, 7)

    def forward(self, x):
        return self.fc(self.gru(self.emb(x))[0])


def batch(length, n=48):
    x = torch.randint(0, V, (n, length))
    return x, x.cumsum(1) % 7


net = Copier()
opt = torch.optim.Adam(net.parameters(), 4e-3)
length, run, since = 1, 1.0, 0
for it in range(650):
    x, y = batch(length)
    out = net(x)
    loss = nn.functional.cross_entropy(out.reshape(-1, 7), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    run = 0.9 * run + 0.1 * loss.item()
    since += 1
    if run < 0.3 and since >= 40 and length < 22:
        length, run, since = length + 1 + length // 6, 1.0, 0
        print(f"it {it}: length now {length}")
    if it % 50 == 0:
        print(f"it {it} length {length} loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(length, 500)
    acc = (net(x).argmax(-1) == y).float().mean().item()
print(f"length reached {length}")
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
