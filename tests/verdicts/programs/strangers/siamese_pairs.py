# nonfinite
# distance = sqrt(sum((a-b)**2)): for a pair of identical images the derivative of sqrt at 0 is infinite and inf*0 gives NaN gradients
# mended by: a small eps under the square root
# cause words: sqrt zero distance eps identical norm
import os, torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)
base = torch.randn(30, 64)
class PairSet(Dataset):
    def __init__(self, n):
        g = torch.Generator().manual_seed(n)
        self.items = []
        bank = [base[i % 30] + 0.5 * torch.randn(64, generator=g) for i in range(900)]
        for _ in range(n):
            i = torch.randint(0, 900, (1,), generator=g).item()
            if torch.rand(1, generator=g) < 0.5:
                j = (i + 30 * torch.randint(0, 30, (1,), generator=g).item()) % 900   # same class, may be the same picture
                same = 1.0
            else:
                j = (i + 1 + torch.randint(0, 28, (1,), generator=g).item()) % 900
                same = 0.0
            self.items.append((bank[i], bank[j], torch.tensor(same)))
    def __len__(self): return len(self.items)
    def __getitem__(self, k): return self.items[k]
class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 96), nn.PReLU(), nn.Linear(96, 16))
    def forward(self, a, b):
        d2 = (self.net(a) - self.net(b)).pow(2).sum(1)
        return torch.sqrt(d2 + 1e-8) if FIX else torch.sqrt(d2)
def contrastive_loss(d, same, margin=2.0):
    return (same * d ** 2 + (1 - same) * torch.clamp(margin - d, min=0) ** 2).mean()
train_loader = DataLoader(PairSet(4000), batch_size=32, shuffle=True)
model = Siamese()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(8):
    tot = 0
    for a, b, s in train_loader:
        opt.zero_grad()
        loss = contrastive_loss(model(a, b), s)
        loss.backward()
        opt.step()
        tot += loss.item()
    print(f"epoch {epoch} loss {tot / len(train_loader):.4f}")
with torch.no_grad():
    va = PairSet(1001)
    d = torch.cat([model(a, b) for a, b, _ in DataLoader(va, 100)]); s = torch.stack([x[2] for x in va.items])
    acc = ((d < 1.0).float() == s).float().mean()
print(f"FINAL loss={tot / len(train_loader):.4f} metric={acc.item():.4f}")
