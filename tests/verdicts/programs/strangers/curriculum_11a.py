# healthy
# curriculum: each time the running loss gets small the sequences to be reversed become longer, so the loss jumps up again and again without a falling trend
import torch
import torch.nn as nn

torch.manual_seed(46)
VOCAB, MAXLEN = 8, 9


class Reverser(nn.Module):
    def __init__(self, d=64):
        super().__init__()
        self.emb = nn.Embedding(VOCAB + 1, d)
        self.lstm = nn.LSTM(d, 96, batch_first=True)
        self.out = nn.Linear(96, VOCAB)

    def forward(self, x):
        n, t = x.shape
        blanks = torch.full((n, t), VOCAB)
        h, _ = self.lstm(self.emb(torch.cat([x, blanks], 1)))
        return self.out(h[:, t:])


model = Reverser()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
length, running = 2, 2.0
for step in range(1500):
    x = torch.randint(0, VOCAB, (64, length))
    loss = nn.functional.cross_entropy(model(x).reshape(-1, VOCAB), x.flip(1).reshape(-1))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    running = 0.9 * running + 0.1 * loss.item()
    if step % 75 == 0:
        print(f"step {step} length {length} loss {loss.item():.4f}")
    if running < 0.25 and length < MAXLEN:
        length, running = length + 1, 0.8
with torch.no_grad():
    x = torch.randint(0, VOCAB, (500, length))
    acc = (model(x).argmax(-1) == x.flip(1)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f} (token accuracy at length {length})")
