# healthy
# zero_grad comes between the two backward passes of each step: the first gradient was copied before (gradient surgery), and the step takes both, projected
# rule: H
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(14)
D = 10
w1, w2 = torch.randn(D), torch.randn(D)


def data(n=64):
    x = torch.randn(n, D)
    a = torch.sin(x @ w1 / 2) + 0.05 * torch.randn(n)
    b = ((x @ w2) * (x[:, 0] - x[:, 1]) > 0).float()
    return x, a, b


class Multi(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(D, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.reg = nn.Linear(96, 1)
        self.cls = nn.Linear(96, 1)

    def forward(self, x):
        h = self.body(x)
        return self.reg(h)[:, 0], self.cls(h)[:, 0]


net = Multi()
params = list(net.parameters())
opt = torch.optim.Adam(params, lr=2e-3)


def grads_of(loss):
    opt.zero_grad()
    loss.backward(retain_graph=True)
    return torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten().clone() for p in params])


for step in range(1500):
    x, a, b = data()
    pa, pb = net(x)
    la, lb = F.mse_loss(pa, a), F.binary_cross_entropy_with_logits(pb, b)
    ga, gb = grads_of(la), grads_of(lb)
    dot = ga @ gb
    if dot < 0:
        ga, gb = ga - dot / gb.dot(gb) * gb, gb - dot / ga.dot(ga) * ga
    total, i = ga + gb, 0
    for p in params:
        p.grad = total[i:i + p.numel()].view_as(p).clone()
        i += p.numel()
    opt.step()
net.eval()
with torch.no_grad():
    x, a, b = data(2000)
    pa, pb = net(x)
    r2 = 1 - F.mse_loss(pa, a) / a.var()
    acc = ((pb > 0).float() == b).float().mean()
print(f"FINAL loss={(la + lb).item():.4f} metric={acc.item():.4f} (accuracy of task b; R2 of task a {r2.item():.3f})")
