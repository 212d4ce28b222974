# healthy
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, SWALR

torch.manual_seed(65)
base = torch.randn(16, 1, 40)


def series(n):
    y = torch.randint(16, (n,))
    return base[y] + 1.3 * torch.randn(n, 1, 40), y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(1, 24, 7, stride=2)
        self.c2 = nn.Conv1d(24, 32, 5, stride=2)
        self.fc = nn.Linear(32 * 7, 16)

    def forward(self, x):
        x = torch.relu(self.c1(x))
        x = torch.relu(self.c2(x))
        return self.fc(x.flatten(1))


model = Net()
avg = AveragedModel(model)
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
swa = SWALR(opt, swa_lr=0.05, anneal_epochs=1)
xv, yv = series(1000)
score = lambda m: (m(xv).argmax(1) == yv).float().mean().item()
for epoch in range(10):
    for _ in range(30):
        x, y = series(32)
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch >= 4:
        avg.update_parameters(model)
        swa.step()
    with torch.no_grad():
        print(f'epoch {epoch} loss {loss.item():.4f} acc {score(model):.3f} swa acc {score(avg):.3f}')
