# healthy
# gradient accumulation: zero_grad only every 8th batch, the gradient norm climbs eightfold between steps, as meant
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
ACC = 8


def speech_frames(n):
    """Phone classification from 3 neighbouring frames of 13 cepstral coefficients."""
    y = torch.randint(0, 10, (n,))
    c = torch.randn(10, 39, generator=torch.Generator().manual_seed(3))
    return 0.6 * c[y] + 0.8 * torch.randn(n, 39), y


x, y = speech_frames(4000)
xt, yt = speech_frames(1000)
loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)
net = nn.Sequential(nn.Linear(39, 64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
opt = torch.optim.NAdam(net.parameters(), lr=2e-3)
opt.zero_grad()
micro = 0
for epoch in range(14):
    net.train()
    tot = 0.0
    for xb, yb in loader:
        loss = F.cross_entropy(net(xb), yb)
        (loss / ACC).backward()
        tot += loss.item()
        micro += 1
        if micro % ACC == 0:
            opt.step()
            opt.zero_grad()
    if epoch % 2 == 0:
        print(f"epoch {epoch} loss {tot / len(loader):.4f}")
net.eval()
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={tot / len(loader):.4f} metric={acc:.4f}")
