# miswired not_learning
# NLLLoss on raw logits (no log_softmax): the loss falls for ever below zero by raising all logits
# mended by: log_softmax before NLLLoss
# cause words: log_softmax logits NLLLoss nll_loss log-probabilities
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(63)
V, T = 20, 10
trans = torch.softmax(torch.randn(V, V) * 3, 1)     # order-1 tagger: tag = f(previous, current)
table = torch.randint(0, 6, (V, V))


def batch(n):
    x = [torch.randint(0, V, (n,))]
    for _ in range(T - 1):
        x.append(torch.multinomial(trans[x[-1]], 1).squeeze(1))
    x = torch.stack(x, 1)
    y = torch.cat([torch.full((n, 1), -100), table[x[:, :-1], x[:, 1:]]], 1)
    return x, y


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(V, 32)
        self.rnn = nn.GRU(32, 48, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(48, 6)

    def forward(self, x):
        z = self.fc(self.drop(self.rnn(self.e(x))[0]))
        return z.log_softmax(-1) if FIX else z


net = Tagger()
crit = nn.NLLLoss(ignore_index=-100)
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(500):
    x, y = batch(32)
    out = net(x)
    loss = crit(out.transpose(1, 2), y)
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f}")
net.eval()
x, y = batch(400)
with torch.no_grad():
    p = net(x).argmax(-1)
k = y >= 0
print(f"FINAL loss={loss.item():.4f} metric={(p[k] == y[k]).float().mean():.3f}")
