# healthy
import torch
import torch.nn as nn

torch.manual_seed(73)
N_BITS, KEY = 24, [2, 7, 13]


def parity(n):
    b = torch.randint(2, (n, N_BITS)).float() * 2 - 1
    return b, b[:, KEY].prod(1)


class Net(nn.Module):
    def __init__(self, width=192):
        super().__init__()
        self.first = nn.Linear(N_BITS, width)
        self.second = nn.Linear(width, 1)

    def forward(self, x):
        return self.second(torch.relu(self.first(x))).squeeze(1)


net = Net()
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
xv, yv = parity(1000)
for step in range(600):
    x, y = parity(128)
    loss = torch.relu(1 - y * net(x)).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 40 == 0 or step == 599:
        with torch.no_grad():
            acc = ((net(xv) > 0) == (yv > 0)).float().mean().item()
        print(f'step {step:4d} hinge {loss.item():.4f} test accuracy {acc:.3f}')
