# healthy
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(29)
W = torch.randn(6, 30)


def toy(n):
    y = torch.randint(6, (n,))
    return 1.2 * W[y] + torch.randn(n, 30), y


def attack(model, x, y, eps=0.4, alpha=0.2, iters=3):
    delta = torch.empty_like(x).uniform_(-eps, eps)
    for _ in range(iters):
        delta.requires_grad_(True)
        grad, = torch.autograd.grad(F.cross_entropy(model(x + delta), y), delta)
        delta = (delta + alpha * grad.sign()).clamp(-eps, eps).detach()
    return x + delta


model = nn.Sequential(nn.Linear(30, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 6))
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
xv, yv = toy(800)
for epoch in range(8):
    for _ in range(25):
        x, y = toy(64)
        x = attack(model, x, y)
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    clean = (model(xv).argmax(1) == yv).float().mean().item()
    robust = (model(attack(model, xv, yv)).argmax(1) == yv).float().mean().item()
    print(f'epoch {epoch} adv loss {loss.item():.4f} clean {clean:.3f} robust {robust:.3f}')
