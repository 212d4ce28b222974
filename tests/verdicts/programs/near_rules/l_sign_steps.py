# healthy
# a sign optimizer with no warm-up moves each weight by about a third of itself at first, and the first layers have faint gradients afterwards: the rate decays, the fit is good, and there is little left to correct
# rule: L
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(23)
D, STEPS = 8, 1800
w = torch.randn(D)


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
                m.mul_(g["beta"]).add_(p.grad, alpha=1 - g["beta"])
                p.add_(m.sign(), alpha=-g["lr"])


def data(n=128):
    x = torch.randn(n, D)
    return x, torch.tanh(x @ w) + 0.3 * x[:, 0]


net = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
opt = SignSGD(net.parameters(), lr=0.02)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma=(1e-5 / 0.02) ** (1 / STEPS))
for step in range(STEPS):
    x, y = data()
    loss = F.mse_loss(net(x)[:, 0], y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 300 == 0:
        print(f"step {step} loss {loss.item():.4f} first layer's gradient {net[0].weight.grad.norm().item():.2e}")
net.eval()
with torch.no_grad():
    x, y = data(4000)
    r2 = 1 - F.mse_loss(net(x)[:, 0], y) / y.var()
print(f"FINAL loss={loss.item():.5f} metric={r2.item():.4f} (R2, held out)")
