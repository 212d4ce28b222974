# healthy
# the rate rises once an epoch from 1/1000 of the base and little is learned in the first third: the scheduler steps by epochs, on purpose, reaches the base rate at epoch 12 of 30, and the task is learned
# rule: I
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(16)
EPOCHS, WARM, BASE = 30, 12, 0.4
x = torch.randn(2500, 8)
y = ((x[:, 0] * x[:, 1] > 0).long() + 2 * (x[:, 2] + x[:, 3] > 0).long())
xt, yt = x[2048:], y[2048:]
x, y = x[:2048], y[:2048]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 96)
        self.b = nn.Linear(96, 96)
        self.c = nn.Linear(96, 4)

    def forward(self, x):
        return self.c(F.relu(self.b(F.relu(self.a(x)))))


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=BASE, weight_decay=2e-4)
warm = torch.optim.lr_scheduler.LambdaLR(opt, lambda e: 10 ** (-3 * max(0.0, 1 - e / WARM)))
for epoch in range(EPOCHS):
    order = torch.randperm(2048)
    total = 0.0
    for i in range(0, 2048, 32):
        j = order[i:i + 32]
        loss = F.cross_entropy(net(x[j]), y[j])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() / 64
    print(f"epoch {epoch} lr {opt.param_groups[0]['lr']:.5f} loss {total:.4f}")
    warm.step()
net.eval()
with torch.no_grad():
    acc = (net(xt).argmax(1) == yt).float().mean()
print(f"FINAL loss={total:.4f} metric={acc.item():.4f} (accuracy over 4 classes, held out)")
