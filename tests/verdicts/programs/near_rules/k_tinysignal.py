# healthy
# a signal of 2 percent of the variance in heavy noise (returns of stocks): the loss ends at the cost of the mean and batches' gradients have nothing in common, yet the signal is found almost whole
# rule: K
import torch
import torch.nn as nn

torch.manual_seed(29)
D = 5
a = torch.randn(D)
a = a / a.norm()
SIG = 0.15


def f(x):
    return SIG * (x @ a)


def batch(n):
    x = torch.randn(n, D)
    return x, f(x) + torch.randn(n)


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.h = nn.Linear(D, 8)
        self.o = nn.Linear(8, 1)

    def forward(self, x):
        return self.o(torch.tanh(self.h(x))).squeeze(-1)


net = Small()
nn.init.zeros_(net.o.weight)
nn.init.zeros_(net.o.bias)
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
STEPS = 2000
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
run = []
for step in range(STEPS):
    x, y = batch(64)
    loss = nn.functional.mse_loss(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")

net.eval()
with torch.no_grad():
    x = torch.randn(20000, D)
    share = 1 - ((net(x) - f(x)) ** 2).mean() / (f(x) ** 2).mean()
print(f"FINAL loss={sum(run[-500:]) / 500:.4f} metric={share.item():.4f} (share of the true signal found; noise variance 1, variance of the targets {1 + SIG ** 2:.4f})")
