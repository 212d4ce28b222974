# nonfinite
# model.half() trained with Adam whose eps=1e-8 is zero in float16: second moment underflows to 0 and the update is g / 0 = inf or NaN
# mended by: keep float32 master weights and run Adam there (half copy only for the forward pass) with a loss scale
# cause words: eps, half, float16, Adam, underflow, precision
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)

def make_data(n):
    x = torch.randn(n, 20)
    w = torch.linspace(-1, 1, 20)
    y = ((x @ w + 0.7 * x[:, 0] * x[:, 1]) > 0).long()
    return x, y

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    def forward(self, x): return self.net(x)

class HalfTrainer:
    def __init__(self, model, lr, scale=1024.0):
        self.scale = scale
        if FIX:
            self.master = model
            self.model = Net().half()
            self.opt = torch.optim.Adam(self.master.parameters(), lr=lr)
        else:
            self.model = model.half()
            self.opt = torch.optim.Adam(self.model.parameters(), lr=lr)
    def step(self, x, y):
        if not FIX:
            loss = F.cross_entropy(self.model(x.half()).float(), y)
            self.opt.zero_grad(); loss.backward(); self.opt.step()
            return loss.item()
        with torch.no_grad():
            for p, m in zip(self.model.parameters(), self.master.parameters()):
                p.copy_(m)
        self.model.zero_grad()
        loss = F.cross_entropy(self.model(x.half()).float(), y)
        (loss * self.scale).backward()
        for p, m in zip(self.model.parameters(), self.master.parameters()):
            m.grad = p.grad.float() / self.scale
        self.opt.step()
        return loss.item()

xtr, ytr = make_data(4096); xte, yte = make_data(1024)
tr = HalfTrainer(Net(), lr=1e-3)
for it in range(600):
    i = torch.randint(0, 4096, (64,))
    loss = tr.step(xtr[i], ytr[i])
    if it % 100 == 0: print(it, f"loss {loss:.4f}")
with torch.no_grad():
    acc = (tr.model(xte.half()).argmax(1) == yte).float().mean().item()
print(f"FINAL loss={loss:.4f} metric={acc:.4f}")
