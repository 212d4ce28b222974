# oscillating_loss
# RMSprop with lr 1.0 (lr=1 for 1e-2) on a regression: every weight jumps by about one each step, the loss jumps around far above the noise
# mended by: lr 0.01
# cause words: learning-rate lr step high large
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)

# wine quality like table: 11 standardised columns, squares added
n = 2400
raw = torch.randn(n, 11)
feats = torch.cat([raw, raw ** 2 - 1], 1)
w = torch.randn(22) * 0.5
quality = (feats @ w + 0.2 * torch.randn(n)).unsqueeze(1)
train = DataLoader(TensorDataset(feats[:2000], quality[:2000]), batch_size=50, shuffle=True)
xv, yv = feats[2000:], quality[2000:]


class PolyRegression(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(22, 1)

    def forward(self, x):
        return self.linear(x)


model = PolyRegression()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01 if FIX else 1.0)
criterion = nn.MSELoss()
for epoch in range(20):
    ls = []
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        ls.append(loss.item())
    with torch.no_grad():
        r2 = 1 - ((model(xv) - yv) ** 2).mean() / yv.var()
    print(f"epoch {epoch} loss min {min(ls):.3f} mean {sum(ls) / len(ls):.3f} max {max(ls):.3f} val R2 {r2.item():.3f}")
print(f"FINAL loss={sum(ls) / len(ls):.4f} metric={r2.item():.4f}")
