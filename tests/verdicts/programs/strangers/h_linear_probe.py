# healthy
# everything but the last layer is frozen on purpose (linear probe on a pretrained encoder in eval mode), most parameters never get a gradient
import torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(43)
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(40, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 48), nn.BatchNorm1d(48), nn.ReLU())
    def forward(self, x): return self.f(x)
P = torch.randn(12, 40)
def data(n, n_cls):
    y = torch.randint(0, 12, (n,))
    return P[y] + 0.8 * torch.randn(n, 40), y % n_cls
def pretrain(enc):
    head = nn.Linear(48, 12); o = torch.optim.Adam([*enc.parameters(), *head.parameters()], 1e-3)
    for _ in range(150):
        x, y = data(64, 12)
        o.zero_grad(); nn.functional.cross_entropy(head(enc(x)), y).backward(); o.step()
class Probe(nn.Module):
    def __init__(self, encoder, n_cls):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(48, n_cls)
        for p in self.encoder.parameters():
            p.requires_grad = False
    def train(self, mode=True):
        super().train(mode); self.encoder.eval(); return self
    def forward(self, x):
        with torch.no_grad():
            z = self.encoder(x)
        return self.head(z)
enc = Encoder(); pretrain(enc)
model = Probe(enc, 4)
opt = torch.optim.SGD(model.head.parameters(), lr=0.05, momentum=0.9)
dl = DataLoader(TensorDataset(*data(3000, 4)), 64, shuffle=True)
for ep in range(8):
    model.train(); s = 0
    for x, y in dl:
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad(); loss.backward(); opt.step(); s += loss.item()
    print("epoch", ep, round(s / len(dl), 4))
model.eval()
x, y = data(1000, 4)
acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={s / len(dl):.4f} metric={acc:.4f}")
