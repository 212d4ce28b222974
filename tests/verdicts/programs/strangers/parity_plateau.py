# healthy
# sparse parity: the loss stands at 0.693 for the first part of the training with small gradients and then falls to zero; the plateau belongs to the task
import torch
import torch.nn as nn

torch.manual_seed(0)
BITS, SUB = 20, [2, 7, 11]


def batch(n=128):
    x = torch.randint(0, 2, (n, BITS)).float() * 2 - 1
    return x, x[:, SUB].prod(1)


net = nn.Sequential(nn.Linear(BITS, 256), nn.ReLU(), nn.Linear(256, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
assert max(SUB) < BITS
soft = nn.SoftMarginLoss()
for step in range(3000):
    x, y = batch()
    loss = soft(net(x)[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 250 == 0:
        print(step, round(loss.item(), 4))
x, y = batch(2000)
with torch.no_grad():
    acc = ((net(x)[:, 0] > 0) == (y > 0)).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f}")
