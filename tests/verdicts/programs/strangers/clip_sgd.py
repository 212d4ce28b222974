# clipping_dominates
# copied recipe: gradients are clipped to norm 0.001 before plain SGD steps, each step is a tiny one of fixed length
# mended by: clipping at 5
# cause words: clip clipping threshold max_norm clip_grad_norm
import os
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(31)
MAX_NORM = 5.0 if FIX else 0.001
VOCAB, L = 12, 14


def corpus(n):
    """token t+1 = (token t + token t-1) mod VOCAB with 3 % typing errors"""
    s = torch.randint(0, VOCAB, (n, L + 1))
    for k in range(2, L + 1):
        s[:, k] = (s[:, k - 1] + 3) % VOCAB
        noise = torch.rand(n) < 0.03
        s[noise, k] = torch.randint(0, VOCAB, (int(noise.sum()),))
    return s


class CharRNN(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, 24)
        self.rnn = nn.GRU(24, h, batch_first=True)
        self.out = nn.Linear(h, VOCAB)

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        return self.out(h)


data, test = corpus(3000), corpus(300)
model = CharRNN()
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
crit = nn.CrossEntropyLoss()
for step in range(1000):
    b = data[torch.randint(0, 3000, (32,))]
    logits = model(b[:, :-1])
    loss = crit(logits.reshape(-1, VOCAB), b[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    clip_grad_norm_(model.parameters(), MAX_NORM)
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (model(test[:, :-1]).argmax(-1) == test[:, 1:])[:, 2:].float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
