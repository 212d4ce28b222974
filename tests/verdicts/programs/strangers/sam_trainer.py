# healthy
import torch
import torch.nn as nn
import torch.nn.functional as F


class SAM(torch.optim.Optimizer):
    def __init__(self, params, base, rho=0.05, **kw):
        super().__init__(params, dict(rho=rho, **kw))
        self.base = base(self.param_groups, **kw)
        self.param_groups = self.base.param_groups

    @torch.no_grad()
    def first_step(self):
        ps = [p for g in self.param_groups for p in g["params"] if p.grad is not None]
        norm = torch.stack([p.grad.norm() for p in ps]).norm() + 1e-12
        for p in ps:
            e = p.grad * (self.param_groups[0]["rho"] / norm)
            self.state[p]["e"] = e
            p.add_(e)
        self.zero_grad()

    @torch.no_grad()
    def second_step(self):
        for g in self.param_groups:
            for p in g["params"]:
                if "e" in self.state[p]:
                    p.sub_(self.state[p]["e"])
        self.base.step()
        self.zero_grad()

    def step(self, closure=None):
        self.second_step()


torch.manual_seed(63)
w = torch.randn(5, 16)


def sample(n):
    x = torch.randn(n, 16)
    return x, ((x @ w.t()) + 0.4 * (x[:, :5] ** 2)).argmax(1)


net = nn.Sequential(nn.Linear(16, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, 5))
opt = SAM(net.parameters(), torch.optim.SGD, rho=0.1, lr=0.1, momentum=0.9)
xv, yv = sample(1500)
for i in range(300):
    x, y = sample(64)
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    opt.first_step()
    F.cross_entropy(net(x), y).backward()
    opt.step()
    if i % 30 == 29:
        with torch.no_grad():
            print(f"{i + 1} loss {loss.item():.4f} acc {(net(xv).argmax(1) == yv).float().mean().item():.3f}")
