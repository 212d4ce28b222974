# healthy
# returns of a price series as targets (1e-3): the loss is 1e-6 from the start and the gradients are tiny, but Adam does not mind and the fit is good
import numpy as np
import torch
import torch.nn as nn

np.random.seed(0)
torch.manual_seed(0)
T = 2500
r = np.zeros(T, dtype=np.float32)
for t in range(2, T):
    r[t] = 1.2 * r[t - 1] - 0.6 * r[t - 2] + 0.0005 * np.random.randn()
W = 8
x = np.stack([r[i:i + W] for i in range(T - W)]) / r.std()
y = r[W:]
X, Y = torch.from_numpy(x), torch.from_numpy(y)[:, None]
ntr = 2000


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 16, batch_first=True)
        self.fc = nn.Linear(16, 1)
        nn.init.zeros_(self.fc.weight)
        nn.init.zeros_(self.fc.bias)

    def forward(self, z):
        return self.fc(self.gru(z[..., None])[1][0]) * 0.01


model = Net()
opt = torch.optim.Adam(model.parameters(), lr=3e-3, eps=1e-12)
for epoch in range(18):
    tot = 0.0
    for b in torch.randperm(ntr).split(50):
        loss = nn.functional.mse_loss(model(X[b]), Y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(b) / ntr
    if epoch % 3 == 0:
        print(f"epoch {epoch} mse {tot:.3e}")
with torch.no_grad():
    r2 = 1 - ((model(X[ntr:]) - Y[ntr:]) ** 2).mean() / Y[ntr:].var()
print(f"FINAL loss={tot:.3e} metric={r2.item():.4f} (best possible about 0.75)")
