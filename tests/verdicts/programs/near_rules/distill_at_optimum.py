# healthy
# A student that starts as a copy of its teacher goes on with cross-entropy on the teacher's soft labels: gradients are zero but for rounding and the loss is the labels' entropy, which differs from batch to batch.
# rule: F
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
C, D, H, STEPS = 6, 12, 256, 1500
g = torch.Generator().manual_seed(16)
centres = 2.0 * torch.randn(C, D, generator=g)


def batch(n):
    y = torch.randint(0, C, (n,), generator=g)
    return centres[y] + 1.8 * torch.randn(n, D, generator=g), y


def closed_form_teacher():
    """Random features and a ridge regression for the last layer, sharpened to soft labels."""
    net = nn.Sequential(nn.Linear(D, H), nn.Tanh(), nn.Linear(H, C))
    with torch.no_grad():
        net[0].weight.mul_(0.7)
        x, y = batch(20000)
        f = torch.cat([net[1](net[0](x)), torch.ones(len(x), 1)], 1)
        sol = torch.linalg.solve(f.t() @ f + 5.0 * torch.eye(H + 1), f.t() @ F.one_hot(y, C).float())
        net[2].weight.copy_(6 * sol[:-1].t())
        net[2].bias.copy_(6 * sol[-1])
    return net


teacher = closed_form_teacher().requires_grad_(False)
student = copy.deepcopy(teacher).requires_grad_(True)
opt = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9)
hist = []
for step in range(STEPS):
    x, _ = batch(256)
    with torch.no_grad():
        soft = F.softmax(teacher(x), 1)
    loss = F.cross_entropy(student(x), soft)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 250 == 0:
        gn = torch.stack([p.grad.norm() for p in student.parameters()]).norm().item()
        print(step, "loss %.4f gradient %.2e" % (loss.item(), gn))

with torch.no_grad():
    x, y = batch(8000)
    lt, ls = F.log_softmax(teacher(x), 1), F.log_softmax(student(x), 1)
    kl = (lt.exp() * (lt - ls)).sum(1).mean().item()
    acc = (ls.argmax(1) == y).float().mean().item()
    same = (ls.argmax(1) == lt.argmax(1)).float().mean().item()
print("agreement with the teacher %.4f, KL %.2e" % (same, kl))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, acc))
