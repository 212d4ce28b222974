# healthy
# half of the training labels are random, so the loss stays high and almost flat after the first epochs; on clean labels the network is right
import torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
torch.manual_seed(44)
C = 8
P = torch.randn(C, 30)
class Crowd(Dataset):
    def __init__(self, n, noise):
        self.y_true = torch.randint(0, C, (n,))
        self.x = P[self.y_true] + 0.7 * torch.randn(n, 30)
        flip = torch.rand(n) < noise
        self.y = torch.where(flip, torch.randint(0, C, (n,)), self.y_true)
    def __len__(self): return len(self.y)
    def __getitem__(self, i): return self.x[i], self.y[i]
net = nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, C))
train_dl, clean = DataLoader(Crowd(8000, 0.5), batch_size=128, shuffle=True), Crowd(1000, 0.0)
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
def train():
    net.train(); t = 0
    for x, y in train_dl:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward(); opt.step(); t += loss.item()
    return t / len(train_dl)
@torch.no_grad()
def evaluate():
    net.eval()
    return (net(clean.x).argmax(1) == clean.y_true).float().mean().item()
for ep in range(10):
    l = train(); acc = evaluate()
    print(f"epoch {ep} loss {l:.4f} clean acc {acc:.3f}")
print(f"FINAL loss={l:.4f} metric={acc:.4f}")
