# healthy
# An L1 cost on a 1536 wide ReLU layer silences nearly all units, and 4/5 of the target's variance is noise; the weak signal is found almost wholly.
# rule: A
import torch
import torch.nn as nn

torch.manual_seed(0)
D, H, STEPS = 20, 1536, 1300
g = torch.Generator().manual_seed(1)
dirs = torch.linalg.qr(torch.randn(D, D, generator=g))[0][:2]


def signal(x):
    a, b = x @ dirs[0], x @ dirs[1]
    return 0.6 * torch.relu(a) + 0.5 * torch.relu(b) - 0.45


def batch(n):
    x = torch.randn(n, D, generator=g)
    s = signal(x)
    return x, s, s + torch.randn(n, generator=g)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(D, H)
        self.act = nn.ReLU()
        self.out = nn.Linear(H, 1)

    def forward(self, x):
        h = self.act(self.inp(x))
        return self.out(h).squeeze(1), h


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda i: min(1.0, 2.5 * (1 - i / STEPS) + 0.02))
last = []
for step in range(STEPS):
    x, _, y = batch(256)
    pred, h = net(x)
    mse = nn.functional.mse_loss(pred, y)
    loss = mse + 6e-3 * h.sum(1).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    last.append(mse.item())
    if step % 200 == 0:
        print(step, "loss %.4f mse %.4f" % (loss.item(), mse.item()))

with torch.no_grad():
    x, s, y = batch(8000)
    p, h = net(x)
    corr = torch.corrcoef(torch.stack([p, s]))[0, 1].item()
    silent = (net(x[:256])[1] == 0).all(0).float().mean().item()
print("silent units %.3f, guessing costs %.3f, noise floor 1.0" % (silent, y.var().item()))
print("FINAL loss=%.4f metric=%.4f" % (sum(last[-100:]) / 100, corr))
