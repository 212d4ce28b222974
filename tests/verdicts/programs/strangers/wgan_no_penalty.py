# exploding_gradient
# WGAN whose gradient penalty is computed but multiplied by a weight parsed as an integer (int(0.5*...) = 0): the critic is unconstrained, its outputs and the gradients (also the generator's) grow without bound
# mended by: weight 5.0
# cause words: penalty lipschitz critic unbounded grow wasserstein
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
LAMBDA = 5.0 if FIX else int(0.5)


def real(n):
    k = torch.randint(0, 4, (n,))
    c = torch.tensor([[2.0, 0], [-2, 0], [0, 2], [0, -2]])
    return c[k] + 0.3 * torch.randn(n, 2)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, o))


def penalty(x, y):
    a = torch.rand(len(x), 1)
    z = (a * x + (1 - a) * y).requires_grad_(True)
    g, = torch.autograd.grad(critic(z).sum(), z, create_graph=True)
    return ((g.norm(dim=1) - 1) ** 2).mean()


gen, critic = mlp(4, 2), mlp(2, 1)
og = torch.optim.RMSprop(gen.parameters(), lr=1e-3)
oc = torch.optim.RMSprop(critic.parameters(), lr=5e-3)
for step in range(800):
    for _ in range(3):
        x = real(96)
        with torch.no_grad():
            f = gen(torch.randn(96, 4))
        closs = critic(f).mean() - critic(x).mean() + LAMBDA * penalty(x, f)
        oc.zero_grad()
        closs.backward()
        oc.step()
    gloss = -critic(gen(torch.randn(96, 4))).mean()
    og.zero_grad()
    gloss.backward()
    og.step()
    if step % 80 == 0:
        gn = sum(p.grad.pow(2).sum() for p in gen.parameters()).sqrt().item()
        print(step, closs.item(), gloss.item(), "gen grad", gn)
with torch.no_grad():
    f, r = gen(torch.randn(1000, 4)), real(1000)
    d = 2 * torch.cdist(r, f).mean() - torch.cdist(r, r).mean() - torch.cdist(f, f).mean()
print(f"FINAL loss={closs.item():.4f} metric={d.item():.4f}")
