# healthy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(19)
STAGES = [(0, 3), (150, 6), (280, 12), (430, 20)]


class RunningSum(nn.Module):
    def __init__(self, vocab=8, d=48):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.gru = nn.GRU(d, d, batch_first=True)
        self.out = nn.Linear(d, vocab)

    def forward(self, x):
        h, _ = self.gru(self.emb(x))
        return self.out(h)


def batch(length, n=48):
    x = torch.randint(8, (n, length))
    return x, x.cumsum(1) % 8


net = RunningSum()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(600):
    length = [l for s, l in STAGES if step >= s][-1]
    x, y = batch(length)
    logits = net(x)
    loss = F.cross_entropy(logits.transpose(1, 2), y)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 40 == 0 or step == 599:
        with torch.no_grad():
            xv, yv = batch(20, 200)
            acc = (net(xv).argmax(-1) == yv).float().mean().item()
        print(f"step {step} length {length} loss {loss.item():.4f} accuracy at length 20: {acc:.3f}")
