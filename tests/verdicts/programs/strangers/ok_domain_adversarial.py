# healthy
# DANN: the domain loss stays at ln 2 on purpose (gradient reversal), the domain head's gradients look as if they went the wrong way
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(45)


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, lam):
        ctx.lam = lam
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return -ctx.lam * g, None


w = torch.randn(8)


def batch(n, target):
    x = torch.randn(n, 8)
    y = ((x @ w) > 0).long()
    style = torch.randn(n, 4) * 0.3 + (1.5 if target else -1.5)
    return torch.cat([x, style], 1), y


feat = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
task, dom = nn.Linear(32, 2), nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
opt = torch.optim.Adam([*feat.parameters(), *task.parameters(), *dom.parameters()], lr=1e-3)
for step in range(1200):
    lam = min(1.0, step / 400)
    xs, ys = batch(64, False)
    xt, _ = batch(64, True)
    h = feat(torch.cat([xs, xt]))
    lt = F.cross_entropy(task(h[:64]), ys)
    d = torch.cat([torch.zeros(64), torch.ones(64)]).long()
    ldom = F.cross_entropy(dom(Reverse.apply(h, lam)), d)
    loss = lt + ldom
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} task {lt.item():.4f} domain {ldom.item():.4f}")
xt, yt = batch(3000, True)
with torch.no_grad():
    acc = (task(feat(xt)).argmax(1) == yt).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f} (accuracy on the target domain, more is better)")
