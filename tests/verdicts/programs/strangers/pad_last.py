# vanishing_gradient miswired
# right-padded texts of 6 to 15 tokens in 60 slots: the classifier takes the GRU output at the last slot, i.e. after 45 or more paddings
# mended by: taking the output at length-1
# cause words: padding last pad packed length hidden timestep
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(27)
MAXLEN = 60


def make(n):
    seqs, ys, lens = [], [], []
    for _ in range(n):
        k = int(torch.randint(6, 16, (1,)))
        s = torch.randint(3, 40, (k,))
        y = int(torch.randint(0, 4, (1,)))
        p = torch.randperm(k)[:2]
        s[p] = 40 + y * 4 + torch.randint(0, 4, (2,))       # two telling words
        seqs.append(s)
        ys.append(y)
        lens.append(k)
    x = pad_sequence(seqs, batch_first=True)
    x = F.pad(x, (0, MAXLEN - x.size(1)))
    return x, torch.tensor(lens), torch.tensor(ys)


class Clf(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(56, 24, padding_idx=0)
        self.gru = nn.GRU(24, 40, batch_first=True)
        self.fc = nn.Linear(40, 4)

    def forward(self, x, lens):
        out, _ = self.gru(self.emb(x))
        if FIX:
            last = out[torch.arange(len(x)), lens - 1]
        else:
            last = out[:, -1]
        return self.fc(last)


x, l, y = make(1500)
xt, lt, yt = make(400)
net = Clf()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
run = 1.386
for step in range(300):
    j = torch.randint(0, len(x), (48,))
    loss = F.cross_entropy(net(x[j], l[j]), y[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    run = 0.95 * run + 0.05 * loss.item()
    if step % 50 == 0:
        print(f"{step} loss {run:.4f}")
with torch.no_grad():
    acc = (net(xt, lt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={run:.4f} metric={acc:.4f}")
