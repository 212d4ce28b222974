# healthy
# small data and early stopping: the validation loss rises after a while, the loop stops and takes the best state back; the test result is good
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D = 40
w = torch.randn(D)


def make(n):
    x = torch.randn(n, D)
    return x, ((x @ w + 1.0 * torch.randn(n)) > 0).long()


Xt, yt = make(400)
Xv, yv = make(300)
Xs, ys = make(1000)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))

    def forward(self, x):
        return self.f(x)


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.bad, self.best, self.state = patience, 0, float("inf"), None

    def __call__(self, loss, model):
        if loss < self.best:
            self.best, self.bad, self.state = loss, 0, copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


model = Net()
opt = torch.optim.Adam(model.parameters(), lr=2e-4)
stop = EarlyStopping(8)
for epoch in range(100):
    model.train()
    for b in torch.randperm(400).split(16):
        loss = F.cross_entropy(model(Xt[b]), yt[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        val = F.cross_entropy(model(Xv), yv).item()
    print(f"epoch {epoch} train {loss.item():.4f} val {val:.4f}")
    if stop(val, model):
        print("early stop")
        break
model.load_state_dict(stop.state)
with torch.no_grad():
    acc = (model(Xs).argmax(1) == ys).float().mean().item()
print(f"FINAL loss={stop.best:.4f} metric={acc:.4f}")
