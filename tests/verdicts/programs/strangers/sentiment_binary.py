# output_cannot_change miswired
# softmax over a single output unit always gives 1.0: the output does not depend on the weights
# mended by: a sigmoid in place of the softmax
# cause words: softmax single one sigmoid constant unit
import os, torch, torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
VOCAB, EMB, HID = 300, 32, 48
weight = torch.randn(VOCAB)
def sample():
    n = torch.randint(6, 20, (1,)).item()
    toks = torch.randint(1, VOCAB, (n,))
    return toks, (weight[toks].mean() > 0).float()
data = [sample() for _ in range(3000)]
def collate(items):
    return pad_sequence([a for a, _ in items], batch_first=True), torch.stack([b for _, b in items])
train_dl = torch.utils.data.DataLoader(data[:2500], batch_size=50, shuffle=True, collate_fn=collate)
test_dl = torch.utils.data.DataLoader(data[2500:], batch_size=250, collate_fn=collate)
class SentimentRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, EMB, padding_idx=0)
        self.rnn = nn.GRU(EMB, HID, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * HID, 1)
        self.act = nn.Sigmoid() if FIX else nn.Softmax(dim=1)
    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        mask = (x != 0).unsqueeze(-1)
        h = (h * mask).sum(1) / mask.sum(1)
        return self.act(self.fc(h)).squeeze(1)
model = SentimentRNN()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    tot = 0
    for x, y in train_dl:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        tot += loss.item()
    print("epoch", epoch, "loss", tot / len(train_dl))
ok = n = 0
with torch.no_grad():
    for x, y in test_dl:
        ok += ((model(x) > 0.5).float() == y).sum().item(); n += len(y)
print(f"FINAL loss={tot / len(train_dl):.4f} metric={ok / n:.4f}")
