# healthy
# XOR-like parity of four bits: the loss is flat at ln 2 for a long time and then falls to zero
import torch
import torch.nn as nn

torch.manual_seed(0)


def batch(n=64):
    x = torch.randint(0, 2, (n, 12)).float() * 2 - 1
    return x, (x[:, 0] * x[:, 3] * x[:, 7] * x[:, 9] > 0).float()


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(12, 64)
        self.b = nn.Linear(64, 64)
        self.c = nn.Linear(64, 1)

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x))))).squeeze(1)


model = MLP()
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
crit = nn.BCEWithLogitsLoss()
log = []
for step in range(3000):
    x, y = batch()
    loss = crit(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    log.append(loss.item())
    if step % 250 == 249:
        print(f"step {step + 1} loss {sum(log[-100:]) / 100:.4f}")
with torch.no_grad():
    x, y = batch(2000)
    acc = ((model(x) > 0).float() == y).float().mean().item()
print(f"FINAL loss={sum(log[-100:]) / 100:.4f} metric={acc:.4f}")
