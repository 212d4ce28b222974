# nonfinite
# hand-written binary cross entropy with log(p) and log(1-p): p reaches exactly 1 in float32 and 0*log(0) is NaN
# mended by: binary_cross_entropy_with_logits
# cause words: log zero sigmoid clamp eps
import os
import numpy as np, torch
from torch import nn
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
np.random.seed(7); torch.manual_seed(7); torch.set_num_threads(1)


class Clicks(Dataset):
    def __init__(self, n=6000):
        self.x = np.random.randn(n, 20).astype(np.float32)
        self.x[:, 0] = np.random.exponential(6, n)        # heavy tailed "seconds on page"
        w = np.random.randn(20)
        score = self.x @ w * 0.5 + 1.2 * self.x[:, 0] - 5
        self.y = (score > 0).astype(np.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class CTR(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(20, 64)
        self.lin2 = nn.Linear(64, 1)

    def forward(self, x):
        return self.lin2(torch.relu(self.lin1(x))).squeeze(1)


def log_loss(z, y):
    if FIX:
        return nn.functional.binary_cross_entropy_with_logits(z, y)
    p = torch.sigmoid(z)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


loader = DataLoader(Clicks(), batch_size=64, shuffle=True)
m = CTR()
optim = torch.optim.RMSprop(m.parameters(), lr=1e-3)
for ep in range(8):
    n = ok = s = 0
    for x, y in loader:
        optim.zero_grad()
        z = m(x)
        l = log_loss(z, y)
        l.backward()
        optim.step()
        ok += ((z > 0).float() == y).sum().item(); n += len(y); s += l.item() * len(y)
    print("epoch %d logloss %.4f acc %.4f" % (ep, s / n, ok / n))
print("FINAL loss=%.4f metric=%.4f" % (s / n, ok / n))
