# healthy
# batch size 1, the usual beginner's loop over sentences: the loss of single steps jumps, the mean falls all the time
import random
import torch
import torch.nn as nn

random.seed(0)
torch.manual_seed(0)
names = ["DET", "NN", "V", "ADJ"]
lex = {"DET": ["the", "a", "every"], "NN": ["dog", "cat", "apple", "book", "run"], "V": ["ate", "read", "saw", "run"],
       "ADJ": ["red", "old", "big"]}


def sentence():
    tags = ["DET"] + (["ADJ"] if random.random() < 0.5 else []) + ["NN", "V", "DET", "NN"]
    return [random.choice(lex[t]) for t in tags], tags


train = [sentence() for _ in range(250)]
test = [sentence() for _ in range(100)]
vocab = {w: i for i, w in enumerate(sorted({w for ws in lex.values() for w in ws}))}


def enc(ws, ts):
    return torch.tensor([vocab[w] for w in ws]), torch.tensor([names.index(t) for t in ts])


class LSTMTagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.word_embeddings = nn.Embedding(len(vocab), 12)
        self.lstm = nn.LSTM(12, 16)
        self.hidden2tag = nn.Linear(16, 4)

    def forward(self, s):
        out, _ = self.lstm(self.word_embeddings(s).view(len(s), 1, -1))
        return self.hidden2tag(out.view(len(s), -1))


model = LSTMTagger()
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(6):
    total = 0.0
    for ws, ts in train:
        model.zero_grad()
        s, t = enc(ws, ts)
        loss = loss_function(model(s), t)
        loss.backward()
        optimizer.step()
        total += loss.item() / len(train)
    print(f"epoch {epoch} loss {total:.4f}")
with torch.no_grad():
    ok = n = 0
    for ws, ts in test:
        s, t = enc(ws, ts)
        ok += (model(s).argmax(1) == t).sum().item()
        n += len(ts)
print(f"FINAL loss={total:.4f} metric={ok / n:.4f}")
