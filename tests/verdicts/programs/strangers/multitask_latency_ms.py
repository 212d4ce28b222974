# badly_scaled
# two heads on one trunk: a class and a latency; the latency is in milliseconds (thousands) with MSE, its loss of 1e6 is added to a cross-entropy of 1 and the trunk serves the latency only
# mended by: latency in standard units
# cause words: scale, latency, task, weight, dominat, unit
import os
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(20)

class Requests(Dataset):
    def __init__(self, n):
        self.x = torch.randn(n, 12)
        self.cls = ((self.x[:, 0] * self.x[:, 1] > 0).long() + 2 * (self.x[:, 2] * self.x[:, 3] > 0).long())
        self.lat = 3000 + 1500 * torch.sin(self.x[:, 6]) * self.x[:, 7] + 300 * torch.randn(n)
    def __len__(self): return len(self.x)
    def __getitem__(self, i): return {"x": self.x[i], "cls": self.cls[i], "lat": self.lat[i]}

def collate(rows):
    b = {k: torch.stack([r[k] for r in rows]) for k in rows[0]}
    if FIX: b["lat"] = (b["lat"] - 3000) / 1500
    return b

class MultiTask(nn.Module):
    def __init__(self, h=24):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, h), nn.ReLU())
        self.cls_head, self.lat_head = nn.Linear(h, 4), nn.Linear(h, 1)
    def forward(self, x):
        z = self.trunk(x)
        return self.cls_head(z), self.lat_head(z).squeeze(1)

train = Requests(3000)
model = MultiTask()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for ep in range(30):
    for b in DataLoader(train, 64, shuffle=True, collate_fn=collate):
        logits, lat = model(b["x"])
        ce = F.cross_entropy(logits, b["cls"]); mse = F.mse_loss(lat, b["lat"])
        loss = ce + mse
        opt.zero_grad(); loss.backward(); opt.step()
    if ep % 3 == 0: print(f"epoch {ep} ce {ce.item():.4f} latency {mse.item():.5g}")
with torch.no_grad():
    v = Requests(1000); acc = (model(v.x)[0].argmax(1) == v.cls).float().mean().item()
print(f"FINAL loss={loss.item():.5g} metric={acc:.4f}")
