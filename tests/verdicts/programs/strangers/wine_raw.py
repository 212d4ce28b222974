# saturated vanishing_gradient plateau
# raw features up to several hundred go into a tanh network: the first layer's units sit at +-1 and pass no gradient
# mended by: standardise the features
# cause words: input scale normalise standardise tanh saturated raw features
import os, numpy as np, torch, torch.nn as nn
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
rng = np.random.RandomState(1); torch.manual_seed(1)
N = 1800
cols = {
    "proline": rng.normal(750, 280, N), "magnesium": rng.normal(100, 14, N), "alcohol": rng.normal(13, .8, N),
    "color": rng.gamma(4, 1.3, N), "sulphur": rng.normal(120, 45, N), "ph": rng.normal(3.3, .15, N), "sugar": rng.gamma(2, 8, N),
}
z = {k: (v - v.mean()) / v.std() for k, v in cols.items()}
score = z["alcohol"] * z["ph"] + 0.8 * z["color"] - 0.6 * z["sugar"] + 0.7 * np.tanh(z["proline"] - z["magnesium"])
target = (score - score.mean()) / score.std() + 0.1 * rng.normal(size=N)
X = np.stack(list(cols.values()), 1)
if FIX:
    X = (X - X[:1400].mean(0)) / X[:1400].std(0)
X = torch.from_numpy(X).float(); t = torch.from_numpy(target).float().unsqueeze(1)
loader = DataLoader(TensorDataset(X[:1400], t[:1400]), 32, shuffle=True)

class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.stack = nn.Sequential(nn.Linear(7, 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh(), nn.Linear(50, 1))
    def forward(self, x):
        return self.stack(x)

net = Scorer()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for ep in range(1, 26):
    acc_loss = 0
    for xb, yb in loader:
        loss = nn.functional.mse_loss(net(xb), yb)
        opt.zero_grad(); loss.backward(); opt.step()
        acc_loss += loss.item()
    if ep % 5 == 0: print("epoch %2d train mse %.4f" % (ep, acc_loss / len(loader)))
with torch.no_grad():
    val = nn.functional.mse_loss(net(X[1400:]), t[1400:]).item()
print(f"FINAL loss={acc_loss/len(loader):.4f} metric={val:.4f}")
