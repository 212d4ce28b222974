# miswired plateau not_learning
# the LSTM lacks batch_first=True: it runs along the batch, and the last time step sees nothing of its own past
# mended by: batch_first=True
# cause words: batch_first, batch, axis, dimension, time, transpose
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16)


def signals(n, t=25):
    """Which of three motifs came in the first half?"""
    motifs = torch.tensor([[1.0, 2, 1], [2, 0, -2], [-1, -1, 2]])
    x = 0.3 * torch.randn(n, t, 2)
    y = torch.randint(0, 3, (n,))
    pos = torch.randint(4, 12, (n,))
    for k in range(3):
        x[torch.arange(n), pos + k, 0] += motifs[y, k]
    return x, y


class GestureNet(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.proj = nn.Linear(2, 16)
        self.lstm = nn.LSTM(16, hidden, **({"batch_first": True} if FIX else {}))
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(hidden, 3)

    def forward(self, x):
        out, (h, c) = self.lstm(torch.relu(self.proj(x)))
        return self.fc(self.drop(out[:, -1, :]))


train, test = TensorDataset(*signals(1600)), signals(500)
loader = DataLoader(train, batch_size=32, shuffle=True, drop_last=True)
model = GestureNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.5)
for epoch in range(16):
    model.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
    scheduler.step()
    if epoch % 3 == 0:
        print(f"Epoch {epoch}: loss {total / len(loader):.4f}")
model.eval()
with torch.no_grad():
    acc = (model(test[0]).argmax(1) == test[1]).float().mean().item()
print(f"FINAL loss={total / len(loader):.4f} metric={acc:.3f}")
