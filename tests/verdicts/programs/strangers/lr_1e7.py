# plateau not_learning
# learning rate 1e-7 (copied from the end of a cosine schedule) for AdamW: the weights hardly move
# mended by: lr=2e-3
# cause words: learning rate lr small low
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
CFG = {"lr": 2e-3 if FIX else 1e-7, "batch": 64, "epochs": 12, "hidden": 48}


def ecg(n, length=48):
    """Beats of three kinds: normal, early, and with an inverted wave."""
    y = torch.randint(0, 3, (n,))
    t = torch.arange(length).float()
    pos = torch.where(y == 1, 14.0, 24.0)[:, None] + torch.randn(n, 1)
    sign = torch.where(y == 2, -1.0, 1.0)[:, None]
    x = torch.exp(-(t - pos).pow(2) / 8) + sign * 0.6 * torch.exp(-(t - pos - 10).pow(2) / 20) + 0.25 * torch.randn(n, length)
    return x[:, None], y


class ECGNet(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 7, padding=3)
        self.conv2 = nn.Conv1d(16, 16, 5, stride=2, padding=2)
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(16 * 24, h), nn.GELU(), nn.Linear(h, 3))

    def forward(self, x):
        return self.fc(F.gelu(self.conv2(F.gelu(self.conv1(x)))))


x, y = ecg(3000)
net = ECGNet(CFG["hidden"])
opt = torch.optim.AdamW(net.parameters(), lr=CFG["lr"])
for epoch in range(CFG["epochs"]):
    run = 0.0
    loader = DataLoader(TensorDataset(x, y), batch_size=CFG["batch"], shuffle=True)
    for xb, yb in loader:
        loss = F.cross_entropy(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        run += loss.item() / len(loader)
    print(f"epoch {epoch} loss {run:.4f}")
with torch.no_grad():
    xt, yt = ecg(1000)
    acc = (net(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={run:.4f} metric={acc:.4f}")
