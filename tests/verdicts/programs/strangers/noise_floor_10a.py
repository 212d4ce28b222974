# healthy
# returns prediction: nine tenths of the target is noise, the loss is flat at the noise variance nearly all the time, yet the signal is found
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0); torch.set_num_threads(1)
n = 12000
X = torch.randn(n, 12)
signal = 0.35 * torch.tanh(X[:, 0] + X[:, 1]) - 0.25 * X[:, 2]
Y = signal + 1.0 * torch.randn(n)
tr = DataLoader(TensorDataset(X[:10000], Y[:10000]), batch_size=100, shuffle=True)
model = nn.Sequential(nn.Linear(12, 24), nn.Tanh(), nn.Linear(24, 1))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
best, best_state, wait = 1e9, None, 0
for ep in range(25):
    model.train()
    tot = 0.0
    for xb, yb in tr:
        loss = nn.functional.mse_loss(model(xb).squeeze(1), yb)
        opt.zero_grad(); loss.backward(); opt.step()
        tot += loss.item()
    model.eval()
    with torch.no_grad():
        val = nn.functional.mse_loss(model(X[10000:11000]).squeeze(1), Y[10000:11000]).item()
    print(f"ep {ep} train {tot / len(tr):.4f} val {val:.4f}")
    if val < best:
        best, wait, best_state = val, 0, {k: v.clone() for k, v in model.state_dict().items()}
    else:
        wait += 1
        if wait >= 8:
            print("early stopping"); break
model.load_state_dict(best_state)
with torch.no_grad():
    ic = torch.corrcoef(torch.stack([model(X[11000:]).squeeze(1), signal[11000:]]))[0, 1].item()
print(f"FINAL loss={tot / len(tr):.4f} metric={ic:.4f}")
