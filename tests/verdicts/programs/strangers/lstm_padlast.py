# vanishing_gradient not_learning plateau
# sentences are right-padded to 120 tokens and the classifier reads the LSTM output at position -1, long after the words ended
# mended by: take the output at the last real token (lengths - 1)
# cause words: padding pad length last gather pack
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
VOCAB, MAXLEN, N = 60, 120, 1600


def make(n):
    lens = torch.randint(5, 13, (n,))
    x = torch.randint(4, VOCAB, (n, MAXLEN))
    y = torch.randint(0, 2, (n,))
    for i in range(n):
        # marker word 2 or 3 appears once in the sentence
        x[i, torch.randint(0, int(lens[i]), (1,))] = 2 + y[i]
        x[i, lens[i]:] = 0
    return x, lens, y


class SentimentLSTM(nn.Module):
    def __init__(self, emb=24, hid=32):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, emb, padding_idx=0)
        self.rnn = nn.LSTM(emb, hid, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(hid, 2)

    def forward(self, x, lens):
        out, _ = self.rnn(self.emb(x))
        if FIX:
            h = out[torch.arange(len(x)), lens - 1]
        else:
            h = out[:, -1]
        return self.fc(self.drop(h))


def accuracy(model, data):
    model.eval()
    x, l, y = data
    with torch.no_grad():
        acc = (model(x, l).argmax(1) == y).float().mean().item()
    model.train()
    return acc


train, test = make(N), make(400)
loader = DataLoader(TensorDataset(*train), batch_size=50, shuffle=True)
model = SentimentLSTM()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
crit = nn.CrossEntropyLoss()
for epoch in range(7):
    tot = 0.0
    for x, l, y in loader:
        opt.zero_grad()
        loss = crit(model(x, l), y)
        loss.backward()
        opt.step()
        tot += loss.item()
    print(f"epoch {epoch} loss {tot / len(loader):.4f} test acc {accuracy(model, test):.3f}")
print(f"FINAL loss={tot / len(loader):.4f} metric={accuracy(model, test):.3f}")
