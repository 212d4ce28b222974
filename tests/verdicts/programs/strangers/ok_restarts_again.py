# healthy
# warm restarts to a large lr for a snapshot ensemble: the loss jumps up at every restart, the ensemble is good
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.randn(5000, 10)
y = (x @ torch.randn(10, 4) + torch.sin(2 * x) @ torch.randn(10, 4)).argmax(1)
net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
opt = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9)
sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=300)
snaps = []
for step in range(1500):
    j = torch.randint(0, 4000, (128,))
    loss = F.cross_entropy(net(x[j]), y[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 300 == 299:
        snaps.append(copy.deepcopy(net).eval())
    if step % 75 == 0:
        print(f"step {step} lr {opt.param_groups[0]['lr']:.4f} loss {loss.item():.4f}")
with torch.no_grad():
    p = sum(s(x[4000:]).softmax(1) for s in snaps)
    acc = (p.argmax(1) == y[4000:]).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.3f} (test accuracy of the ensemble)")
