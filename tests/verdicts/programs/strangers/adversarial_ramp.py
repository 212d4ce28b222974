# healthy
# PGD adversarial training with an epsilon ramp: loss climbs from ~0 to ~0.7 because the attack gets stronger; PGD inputs via autograd.grad. metric = robust accuracy.
"""Adversarial training (PGD-2), epsilon ramped from 0: the loss climbs because the task gets harder."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(4)
C, D = 10, 48
protos = torch.randn(C, D)

def batch(n):
    y = torch.randint(0, C, (n,))
    return protos[y] + 1.3 * torch.randn(n, D), y

net = nn.Sequential(nn.Linear(D, 128), nn.GELU(), nn.Linear(128, 128), nn.GELU(), nn.Linear(128, C))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)

def pgd(x, y, eps):
    d = torch.empty_like(x).uniform_(-eps, eps)
    for _ in range(2):
        d.requires_grad_(True)
        g, = torch.autograd.grad(F.cross_entropy(net(x + d), y), d)
        d = (d.detach() + 0.7 * eps * g.sign()).clamp(-eps, eps)
    return x + d.detach()

STEPS, EPS = 450, 0.6
hist = []
for step in range(STEPS):
    eps = EPS * min(1.0, max(0.0, (step - 60) / 300))
    x, y = batch(128)
    if eps > 0: x = pgd(x, y, eps)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 40 == 0: print(step, f"eps {eps:.2f} {loss.item():.4f}")
x, y = batch(2000)
clean = (net(x).argmax(1) == y).float().mean().item()
rob = (net(pgd(x, y, EPS)).argmax(1) == y).float().mean().item()
print("clean accuracy", clean)
print(f"FINAL loss={sum(hist[-50:])/50:.5f} metric={rob:.4f}")
