# oscillating_loss exploding_gradient
# SGD with momentum 0.99 and a rate tuned for no momentum: the effective step is lr/(1-momentum) = 7, the loss swings
# mended by: momentum 0.9 and lr 0.01
# cause words: momentum learning rate lr step large overshoot
import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
torch.set_num_threads(1)
n = 2400
X = torch.randn(n, 20)
X[:, 5:] *= 0.5
A = torch.randn(20, 12) / 4
Y = torch.tanh(X @ A) @ torch.randn(12, 6) + 0.05 * torch.randn(n, 6)


class Reg(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(20, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 6)
        self.act = nn.Softplus()

    def forward(self, x):
        return self.l3(self.act(self.l2(self.act(self.l1(x)))))


def get_optimizer(model):
    if FIX:
        return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return torch.optim.SGD(model.parameters(), lr=0.07, momentum=0.99)


loader = DataLoader(TensorDataset(X[:2000], Y[:2000]), batch_size=40, shuffle=True)
model = Reg()
opt = get_optimizer(model)
mse = nn.MSELoss()
for epoch in range(24):
    tot = 0.0
    for x, y in loader:
        loss = mse(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() / len(loader)
    if epoch % 2 == 0:
        print(f"epoch {epoch} loss {tot:.4f}")
with torch.no_grad():
    r2 = 1 - mse(model(X[2000:]), Y[2000:]) / Y[2000:].var()
print(f"FINAL loss={tot:.4f} metric={r2.item():.4f}")
