# nonfinite exploding_gradient
# Poisson regression of counts: rate = exp(output) on unscaled inputs; exp overflows, loss and gradient become inf
# mended by: scaling the exposure column (log) first
# cause words: exp overflow rate log scale input
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(22)
n = 4000
age = torch.randint(18, 80, (n, 1)).float()
power = torch.randint(4, 15, (n, 1)).float()
km = torch.exp(torch.randn(n, 1) * 0.6 + 6.5)                 # hundreds to thousands
zone = nn.functional.one_hot(torch.randint(0, 4, (n,)), 4).float()
rate = torch.exp(0.8 * torch.log(km / 700) - 0.02 * (age - 45) + 0.08 * (power - 9) + zone @ torch.tensor([[-.4], [0.], [.3], [.6]]))
y = torch.poisson(rate * 2)


class Freq(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x):
        return torch.exp(self.net(x))


def features():
    if FIX:
        return torch.cat([(age - 45) / 20, (power - 9) / 3, torch.log(km / 700), zone], 1)
    return torch.cat([age, power, km, zone], 1)


X = features()
dl = DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=64, shuffle=True)
model = Freq()
opt = torch.optim.SGD(model.parameters(), lr=0.01)
nll = nn.PoissonNLLLoss(log_input=False, full=False)
for ep in range(20):
    tot = 0.0
    for xb, yb in dl:
        loss = nll(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(dl)
    if ep % 4 == 0:
        print(f"epoch {ep} nll {tot:.4f}")
with torch.no_grad():
    p = model(X[3200:])
    corr = torch.corrcoef(torch.stack([p.flatten(), 2 * rate[3200:].flatten()]))[0, 1].item()
print(f"FINAL loss={tot:.4f} metric={corr:.4f} (correlation with the true rate)")
