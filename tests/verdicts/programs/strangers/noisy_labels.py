# healthy
# 40 percent of the training labels are replaced by flipped coins: the loss settles early at its floor near 0.54 and moves no more, clean accuracy is high
import torch
from torch import nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(8)


class SignSGD(torch.optim.Optimizer):
    def __init__(self, params, lr, beta=0.9):
        super().__init__(params, dict(lr=lr, beta=beta))

    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            for p in g["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - g["beta"])
                p.add_(m.sign(), alpha=-g["lr"])


X = torch.randn(5000, 20)
w = torch.randn(20)
clean = (X @ w > 0).long()
noisy = torch.where(torch.rand(5000) < 0.6, clean, torch.randint(0, 2, (5000,)))
net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 2))
opt = SignSGD(net.parameters(), lr=1e-3)
sch = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, 12)
for ep in range(12):
    net.train()
    tot = []
    for x, y in DataLoader(TensorDataset(X[:4500], noisy[:4500]), 50, shuffle=True):
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot.append(loss.item())
    sch.step()
    print(f"ep {ep} {sum(tot) / len(tot):.4f}")
net.eval()
acc = (net(X[4500:]).argmax(1) == clean[4500:]).float().mean()
print(f"FINAL loss={sum(tot) / len(tot):.4f} metric={acc:.3f}")
