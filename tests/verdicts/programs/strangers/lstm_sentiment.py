# miswired not_learning
# nn.LSTM built without batch_first=True but fed (batch, time, emb): the recurrence runs over the samples of the batch, out[:, -1] only sees the last token
# mended by: batch_first=True
# cause words: batch_first, time axis, batch dimension, sequence dimension, layout, recurrence over batch
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
VOCAB, SEQ = 60, 16


def make_reviews(n):
    x = torch.randint(2, VOCAB, (n, SEQ))
    # words 2..11 are positive, 12..21 negative, the rest is neutral
    score = ((x >= 2) & (x < 12)).sum(1) - ((x >= 12) & (x < 22)).sum(1)
    keep = score != 0
    return x[keep], (score[keep] > 0).float()


class SentimentLSTM(nn.Module):
    def __init__(self, emb=32, hid=48):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, emb)
        self.lstm = nn.LSTM(emb, hid, batch_first=True) if FIX else nn.LSTM(emb, hid)
        self.drop = nn.Dropout(0.2)
        self.fc = nn.Linear(hid, 1)

    def forward(self, text):
        out, _ = self.lstm(self.embedding(text))
        return self.fc(self.drop(out[:, -1])).squeeze(1)


xtr, ytr = make_reviews(4000)
xte, yte = make_reviews(1000)
loader = DataLoader(TensorDataset(xtr, ytr), batch_size=64, shuffle=True)
model = SentimentLSTM()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    model.train()
    total = 0.0
    for text, label in loader:
        optimizer.zero_grad()
        loss = criterion(model(text), label)
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} train loss {total / len(loader):.4f}")
model.eval()
with torch.no_grad():
    acc = ((model(xte) > 0).float() == yte).float().mean().item()
print(f"FINAL loss={total / len(loader):.4f} metric={acc:.4f}")
