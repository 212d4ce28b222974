# clipping_dominates
# hand-written per-sample clipping (DP-SGD without noise for a dry run) with C=0.002: every sample is clipped every step, so SGD at lr 0.5 makes steps of at most 0.001
# mended by: C=3 (most samples pass unclipped after the start)
# cause words: clip threshold norm per-sample bound
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D, K = 20, 4
C = 3.0 if FIX else 0.002
X = torch.randn(4000, D)
Y = (torch.tanh(X @ torch.randn(D, 8) / 2) @ torch.randn(8, K)).argmax(1)
net = nn.Sequential(nn.Linear(D, 48), nn.Tanh(), nn.Linear(48, K))
opt = torch.optim.SGD(net.parameters(), lr=0.5)


def sample_loss(params, x, y):
    return F.cross_entropy(functional_call(net, params, (x[None],)), y[None])


per_sample = vmap(grad(sample_loss), in_dims=(None, 0, 0))
for step in range(1200):
    i = torch.randint(0, 3500, (64,))
    params = {k: p.detach() for k, p in net.named_parameters()}
    g = per_sample(params, X[i], Y[i])
    norms = torch.sqrt(sum(v.flatten(1).pow(2).sum(1) for v in g.values()))
    scale = (C / (norms + 1e-8)).clamp(max=1.0)
    for k, p in net.named_parameters():
        p.grad = torch.einsum("n,n...->...", scale, g[k]) / len(i)
    opt.step()
    if step % 200 == 0:
        with torch.no_grad():
            print(step, F.cross_entropy(net(X[i]), Y[i]).item(), "clipped", (scale < 1).float().mean().item())
with torch.no_grad():
    loss = F.cross_entropy(net(X[3500:]), Y[3500:])
    acc = (net(X[3500:]).argmax(1) == Y[3500:]).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
