# healthy
# the loss is a sum over the batch, so loss and gradients are in the hundreds, but Adam does not mind
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader
torch.manual_seed(70)
n = 4000
X = torch.randn(n, 8)
rate = (0.7 * X[:, 0] - 0.5 * X[:, 1] * X[:, 2] + 0.4 * torch.sin(2 * X[:, 3]) + 1.5).clamp(max=4).exp()
y = torch.poisson(rate)
dl = DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=64, shuffle=True)
net = nn.Sequential(nn.Linear(8, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1), nn.Flatten(0))
opt = torch.optim.Adam(net.parameters(), lr=1.5e-3)
loss_fn = nn.PoissonNLLLoss(log_input=True, reduction="sum")
for epoch in range(14):
    tot = 0
    for xb, yb in dl:
        opt.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward(); opt.step()
        tot += loss.item()
    print("epoch", epoch, "nll", round(tot / 50, 3))
with torch.no_grad():
    p = net(X[3200:]).exp()
    corr = torch.corrcoef(torch.stack([p.log(), rate[3200:].log()]))[0, 1].item()
print(f"FINAL loss={tot/50:.4f} metric={corr:.4f}")
