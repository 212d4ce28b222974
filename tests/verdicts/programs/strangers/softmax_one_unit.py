# output_cannot_change
# softmax over a single output unit: it is always 1, whatever the weights
# mended by: sigmoid
# cause words: softmax single one unit sigmoid constant
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)

# sentiment: bag of words, some words are good, some bad
V, N = 200, 2000
weights = torch.randn(V)
docs = torch.poisson(torch.full((N, V), 0.15))
y = ((docs @ weights) > 0).float()
train_dl = DataLoader(TensorDataset(docs[:1600], y[:1600]), batch_size=32, shuffle=True)


class SentimentNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(V, 32)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        x = self.drop(F.relu(self.hidden(x)))
        if FIX:
            return torch.sigmoid(self.out(x))
        return F.softmax(self.out(x), dim=1)


net = SentimentNet()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
loss_fn = nn.BCELoss()

for epoch in range(10):
    net.train()
    running_loss = 0
    for x, t in train_dl:
        optimizer.zero_grad()
        out = net(x)
        loss = loss_fn(out, t.unsqueeze(1))
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    net.eval()
    with torch.no_grad():
        acc = ((net(docs[1600:]).squeeze() > 0.5).float() == y[1600:]).float().mean().item()
    print(f"Epoch {epoch}, loss {running_loss / len(train_dl):.4f}, val acc {acc:.3f}")
print(f"FINAL loss={running_loss / len(train_dl):.4f} metric={acc:.4f}")
