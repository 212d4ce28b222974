# badly_scaled exploding_gradient plateau not_learning miswired
# Transit time is in seconds, so the MSE term (~1e7) drowns the cross-entropy and gradients are ~1e6; the class task does not learn.
# mended by: divide the time target by 3600 (hours)
"""Multi-task graph network: depot class (6-way) and transit time per node, shared message-passing trunk."""
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(20)


class MeanConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.own, self.nbr = nn.Linear(i, o), nn.Linear(i, o, bias=False)

    def forward(self, h, edges, deg):
        src, dst = edges
        agg = torch.zeros_like(h).index_add_(0, dst, h[src]) / deg
        return self.own(h) + self.nbr(agg)


class MultiTaskGNN(nn.Module):
    def __init__(self, d=16, h=64, c=6):
        super().__init__()
        self.conv1, self.conv2 = MeanConv(d, h), MeanConv(h, h)
        self.cls = nn.Linear(h, c)
        self.time = nn.Linear(h, 1)

    def forward(self, x, edges, deg):
        z = F.relu(self.conv1(x, edges, deg))
        z = F.relu(self.conv2(z, edges, deg))
        return self.cls(z), self.time(z).squeeze(-1)


def build(n=1500, d=16, k=5):
    x = torch.randn(n, d)
    src = torch.arange(n).repeat_interleave(k)
    dst = torch.randint(0, n, (n * k,))
    edges = torch.stack([src, dst])
    deg = torch.zeros(n).index_add_(0, dst, torch.ones(n * k)).clamp(min=1).unsqueeze(1)
    nb = torch.zeros_like(x).index_add_(0, dst, x[src]) / deg
    y = ((x + 1.5 * nb) @ torch.randn(d, 6) + 0.3 * torch.randn(n, 6)).argmax(1)
    hours = 2.0 * x[:, 0].abs() + 3.0 * nb[:, 1] + 0.1 * torch.randn(n)
    seconds = hours * 3600.0
    return x, edges, deg, y, seconds


UNIT = 3600.0 if FIX else 1.0
x, edges, deg, y, secs = build()
target = secs / UNIT
net = MultiTaskGNN()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=0.01)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 350)
perm = torch.randperm(len(y))
train, test = perm[:1200], perm[1200:]
hist = []
for step in range(350):
    logit, t = net(x, edges, deg)
    i = train[torch.randperm(1200)[:600]]
    l_cls = F.cross_entropy(logit[i], y[i])
    l_time = F.mse_loss(t[i], target[i])
    loss = l_cls + 0.5 * l_time
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    sched.step()
    hist.append((loss.item(), (logit[test].argmax(1) == y[test]).float().mean().item()))
    if step % 35 == 0:
        gn = sum(p.grad.pow(2).sum() for p in net.parameters()).sqrt().item()
        print(step, f"total {loss.item():.4g} cls {l_cls.item():.4f} time {l_time.item():.4g} acc {hist[-1][1]:.3f} g {gn:.3g}")
t = hist[-35:]
print("FINAL loss=%.5g metric=%.4f" % (sum(a for a, _ in t) / 35, sum(b for _, b in t) / 35))
