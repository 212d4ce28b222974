# healthy
# hidden structure (copy after a gap): the loss stays at log(8) for a long while and then drops to zero; nothing is wrong with the wiring
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)


class Recall(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.emb = nn.Embedding(12, 16)
        self.rnn = nn.LSTM(16, h, batch_first=True)
        self.out = nn.Linear(h, 8)
        with torch.no_grad():
            self.rnn.bias_hh_l0[h:2 * h] = 1.0

    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0][:, -1])


def batch(n=64, T=22):
    x = torch.randint(8, 11, (n, T))
    key = torch.randint(0, 8, (n,))
    x[torch.arange(n), torch.randint(0, 8, (n,))] = key
    x[:, -1] = 11
    return x, key


net = Recall()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
ema = 2.08
for step in range(900):
    x, y = batch()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    ema = 0.95 * ema + 0.05 * loss.item()
    if step % 75 == 0:
        print(f"step {step} loss {ema:.4f}")
with torch.no_grad():
    x, y = batch(1000)
    acc = (net(x).argmax(1) == y).float().mean()
print(f"FINAL loss={ema:.4f} metric={acc.item():.3f}")
