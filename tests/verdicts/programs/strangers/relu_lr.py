# dead_relu
# "warm-up" gone wrong: the first 20 steps run at lr 0.5, which kills the ReLU units; from then on the rate is sane, but they stay dead
# mended by: no such first phase (lr 2e-3 from the start)
# cause words: dead ReLU learning rate large warmup units
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(16, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 64)
        self.out = nn.Linear(64, 5)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return self.out(x)


w = torch.randn(16, 5)


def data(n):
    x = torch.rand(n, 16) * 2          # all positive, as from a MinMaxScaler
    s = torch.tanh(x - 1) @ w + 0.4 * torch.sin(3 * x[:, :5])
    return x, s.argmax(1)


xtr, ytr = data(4000)
xte, yte = data(1000)
net = MLP()
warm_lr = 2e-3 if FIX else 0.5
opt = torch.optim.Adam(net.parameters(), lr=warm_lr)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: 1.0 if s < 20 else 2e-3 / warm_lr)
avg = 1.6
for step in range(1200):
    j = torch.randint(0, 4000, (64,))
    loss = F.cross_entropy(net(xtr[j]), ytr[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    avg = 0.97 * avg + 0.03 * loss.item()
    if step % 150 == 0:
        print(f"{step} lr {sched.get_last_lr()[0]:.4f} loss {avg:.4f}")
with torch.no_grad():
    acc = (net(xte).argmax(1) == yte).float().mean().item()
    h = F.relu(net.fc3(F.relu(net.fc2(F.relu(net.fc1(xte))))))
    print("alive units in the last hidden layer:", int((h > 0).any(0).sum()))
print(f"FINAL loss={avg:.4f} metric={acc:.4f}")
