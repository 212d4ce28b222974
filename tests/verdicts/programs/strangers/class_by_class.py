# oscillating_loss not_learning miswired
# Samples are stored class by class and the training loader does not shuffle: 12 consecutive single-class batches make the net forget the others, the loss jumps between ~0 and several nats.
# mended by: shuffle=True
"""Spectral line classifier; samples stored class after class, as exported."""
import os
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(22)


class Spectra(Dataset):
    def __init__(self, classes=5, per=480, length=48):
        pos = torch.arange(length).float()
        xs, ys = [], []
        for c in range(classes):
            mu = 14 + 4.4 * c + torch.randn(per, 1) * 1.2
            peak = torch.exp(-0.5 * ((pos - mu) / 2.0) ** 2)
            xs.append(peak * (0.8 + 0.4 * torch.rand(per, 1)) + 0.4 * torch.randn(per, length))
            ys.append(torch.full((per,), c))
        self.x, self.y = torch.cat(xs), torch.cat(ys)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Conv1dNet(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.f = nn.Sequential(nn.Conv1d(1, 12, 5, padding=2), nn.GELU(), nn.MaxPool1d(4),
                               nn.Conv1d(12, 16, 3, padding=1), nn.GELU(), nn.Flatten())
        self.c = nn.Sequential(nn.Linear(16 * 12, 48), nn.GELU(), nn.Linear(48, classes))

    def forward(self, x):
        return self.c(self.f(x.unsqueeze(1)))


def make_loader(ds, train=True):
    return DataLoader(ds, batch_size=40, shuffle=FIX and train, drop_last=train)


net = Conv1dNet()
loader = make_loader(Spectra())
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
crit = nn.CrossEntropyLoss()
hist = []
for epoch in range(10):
    for x, y in loader:
        out = net(x)
        loss = crit(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hist.append((loss.item(), (out.argmax(1) == y).float().mean().item()))
        if len(hist) % 7 == 1:
            print(len(hist) - 1, hist[-1])
k = len(hist) // 10
print(f"FINAL loss={sum(a for a, _ in hist[-k:]) / k:.4f} metric={sum(b for _, b in hist[-k:]) / k:.4f}")
