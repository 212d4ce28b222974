# not_learning plateau
# the custom dataset shuffles the images in its constructor but not the labels: inputs and labels no longer belong together
# mended by: applying the same permutation to both
# cause words: shuffle labels permutation mismatch misaligned data
import os, numpy as np, torch, torch.nn as nn
from torch.utils.data import Dataset, DataLoader
FIX = os.environ.get("FIX") == "1"
np.random.seed(3); torch.manual_seed(3)
def load_arrays(n, rng=np.random.RandomState(0)):
    y = np.sort(rng.randint(0, 6, n))
    t = np.linspace(0, 1, 40)
    x = np.stack([np.sin(2 * np.pi * (c + 1) * t + rng.rand() * 6.28) for c in y]) + 0.4 * rng.randn(n, 40)
    return x.astype(np.float32), y.astype(np.int64)
class SignalDataset(Dataset):
    def __init__(self, x, y, shuffle=True):
        if shuffle:
            perm = np.random.permutation(len(x))
            x = x[perm]
            if FIX:
                y = y[perm]
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
    def __len__(self): return len(self.y)
    def __getitem__(self, i): return self.x[i][None], self.y[i]
net = nn.Sequential(nn.Conv1d(1, 24, 7, padding=3), nn.BatchNorm1d(24), nn.ReLU(), nn.MaxPool1d(2),
                    nn.Conv1d(24, 48, 5, padding=2), nn.BatchNorm1d(48), nn.ReLU(), nn.AdaptiveAvgPool1d(1),
                    nn.Flatten(), nn.Linear(48, 6))
x, y = load_arrays(6000)
idx = np.random.RandomState(1).permutation(6000)
tr = SignalDataset(x[np.sort(idx[:5000])], y[np.sort(idx[:5000])])
va = SignalDataset(x[np.sort(idx[5000:])], y[np.sort(idx[5000:])], shuffle=False)
dl = DataLoader(tr, 64, shuffle=True, drop_last=True)
opt = torch.optim.Adam(net.parameters(), 1e-3)
ce = nn.CrossEntropyLoss()
for ep in range(5):
    net.train(); s = 0
    for xb, yb in dl:
        opt.zero_grad()
        loss = ce(net(xb), yb)
        loss.backward()
        opt.step()
        s += loss.item()
    print(f"epoch {ep}: {s / len(dl):.4f}")
net.eval()
with torch.no_grad():
    acc = (net(va.x[:, None]).argmax(1) == va.y).float().mean().item()
print(f"FINAL loss={s / len(dl):.4f} metric={acc:.4f}")
