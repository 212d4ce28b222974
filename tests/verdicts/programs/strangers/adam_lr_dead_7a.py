# dead_relu
# first steps of Adam with lr 0.3 push all hidden biases and weights down on positive raw features: the ReLU layer is dead from then on
# mended by: lr 1e-3
# cause words: dead ReLU learning-rate lr zero units
import os
import torch
from torch import nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
n = 2000
X = torch.rand(n, 8) * 4                      # all positive columns
y = (X[:, 0] * X[:, 1] - 2 * X[:, 2] + (X[:, 3] - 2).abs() * 2).unsqueeze(1)
y = (y - y.mean()) / y.std()


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(8, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 1)

    def forward(self, x):
        h = nn.functional.relu(self.l1(x))
        h = nn.functional.relu(self.l2(h))
        return self.l3(h)


def train(model, lr, epochs=25, bs=50):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    crit = nn.MSELoss()
    for ep in range(epochs):
        perm, s = torch.randperm(1600), 0.0
        for b in perm.split(bs):
            loss = crit(model(X[b]), y[b])
            opt.zero_grad()
            loss.backward()
            opt.step()
            s += loss.item() * len(b) / 1600
        if ep % 5 == 0:
            print(f"epoch {ep:3d} train mse {s:.4f}")
    return s


model = Regressor()
s = train(model, lr=1e-3 if FIX else 0.3)
with torch.no_grad():
    mse = ((model(X[1600:]) - y[1600:]) ** 2).mean().item()
    alive = (torch.relu(model.l2(torch.relu(model.l1(X)))) > 0).any(0).sum().item()
print("units of layer 2 that ever fire:", alive)
print(f"FINAL loss={s:.4f} metric={1 - mse / y[1600:].var().item():.4f}")
