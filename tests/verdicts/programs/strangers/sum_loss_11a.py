# healthy
# seq2seq tagger with reduction="sum" over all tokens and Adam: losses of thousands and gradient norms of hundreds, but Adam does not mind the scale
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

torch.manual_seed(47)
VOCAB, TAGS, PAD = 50, 5, 0
word_tag = torch.randint(0, TAGS, (VOCAB,))


def sentence():
    w = torch.randint(1, VOCAB, (torch.randint(5, 25, (1,)).item(),))
    t = word_tag[w].clone()
    t[1:][w[:-1] < 10] = 0  # a determiner decides the next tag
    return w, t


def batch(n=64):
    ws, ts = zip(*[sentence() for _ in range(n)])
    return pad_sequence(ws, True, PAD), pad_sequence(ts, True, -100), torch.tensor([len(w) for w in ws])


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, 32, padding_idx=PAD)
        self.lstm = nn.LSTM(32, 48, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(96, TAGS)

    def forward(self, x, lens):
        p = pack_padded_sequence(self.emb(x), lens, batch_first=True, enforce_sorted=False)
        h, _ = pad_packed_sequence(self.lstm(p)[0], batch_first=True)
        return self.fc(h)


model = Tagger()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
crit = nn.CrossEntropyLoss(ignore_index=-100, reduction="sum")
for step in range(250):
    x, y, lens = batch()
    loss = crit(model(x, lens).reshape(-1, TAGS), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 0:
        print(f"step {step} loss {loss.item():.2f}")
with torch.no_grad():
    x, y, lens = batch(300)
    m = y >= 0
    acc = (model(x, lens).argmax(-1)[m] == y[m]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
