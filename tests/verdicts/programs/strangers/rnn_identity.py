# exploding_gradient
# IRNN-style ReLU recurrence initialised with 2 * identity over 30 steps: activations and gradients double at each step
# mended by: identity init with scale 1 (0.98)
# cause words: recurrent init identity initialisation initialization spectral eigenvalue
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(40)
GAIN = 0.98 if FIX else 2.0
T = 30


class IRNN(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.inp = nn.Linear(2, hidden)
        self.rec = nn.Linear(hidden, hidden, bias=False)
        self.out = nn.Linear(hidden, 1)
        nn.init.eye_(self.rec.weight)
        self.rec.weight.data.mul_(GAIN)
        nn.init.normal_(self.inp.weight, std=0.05)
        nn.init.zeros_(self.inp.bias)

    def forward(self, x):
        h = torch.zeros(x.size(0), self.rec.in_features)
        for t in range(x.size(1)):
            h = torch.relu(self.inp(x[:, t]) + self.rec(h))
        return self.out(h)


def adding(n):
    v = torch.rand(n, T)
    m = torch.zeros(n, T)
    m[torch.arange(n), torch.randint(0, T // 2, (n,))] = 1
    m[torch.arange(n), torch.randint(T // 2, T, (n,))] = 1
    return torch.stack([v, m], -1), (v * m).sum(1, keepdim=True)


net = IRNN()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
avg = None
for step in range(700):
    x, y = adding(64)
    loss = nn.functional.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    avg = loss.item() if avg is None else 0.95 * avg + 0.05 * loss.item()
    if step % 100 == 0:
        print(f"{step} mse {avg:.4g}")
x, y = adding(1000)
with torch.no_grad():
    mse = nn.functional.mse_loss(net(x), y).item()
print(f"FINAL loss={avg:.4g} metric={mse:.4g} (test MSE, mean predictor 0.167)")
