# miswired
# hand-written autograd.Function for a memory-saving SiLU forgets the factor grad_output in backward
# mended by: grad_output * derivative
# cause words: backward grad_output autograd.Function custom chain
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)


class MemSiLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        s = torch.sigmoid(x)
        d = s * (1 + x * (1 - s))
        return g * d if FIX else d


class SiLU(nn.Module):
    def forward(self, x):
        return MemSiLU.apply(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), SiLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(8, 16, 3, padding=1), SiLU(), nn.MaxPool2d(2))
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), SiLU(), nn.Linear(32, 4))

    def forward(self, x):
        return self.fc(self.conv(x))


def bars(n):
    y = torch.randint(0, 4, (n,))
    x = 0.7 * torch.randn(n, 1, 8, 8)
    for i in range(n):
        k = int(torch.randint(1, 7, (1,)))
        if y[i] == 0: x[i, 0, k] += 1.5
        elif y[i] == 1: x[i, 0, :, k] += 1.5
        elif y[i] == 2: x[i, 0].diagonal().add_(1.5)
        else: x[i, 0].flip(0).diagonal().add_(1.5)
    return x, y


X, Y = bars(1500)
Xt, Yt = bars(500)
net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
dl = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), 50, shuffle=True)
for epoch in range(15):
    for x, y in dl:
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (net(Xt).argmax(1) == Yt).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
