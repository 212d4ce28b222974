# healthy
# DP-SGD: per-sample gradients are clipped to a small norm and noise is added, as the method wants; many samples are above the threshold at every step, and still the model learns.
import torch, torch.nn as nn, torch.nn.functional as F
from torch.func import functional_call, grad, vmap
torch.manual_seed(23)
def patients(n):
    age = torch.rand(n) * 60 + 20
    bmi = 26 + 5 * torch.randn(n)
    bp = 110 + 0.4 * (age - 50) + 0.9 * (bmi - 26) + 10 * torch.randn(n)
    smoke = (torch.rand(n) < 0.3).float()
    labs = torch.randn(n, 6)
    risk = 0.05 * (age - 50) + 0.04 * (bp - 115) + 1.2 * smoke * (age > 45) + 0.8 * labs[:, 0] * labs[:, 1].sign() + 0.05 * (bmi - 26).abs() * 4 - 1.3
    y = (torch.rand(n) < torch.sigmoid(3 * risk)).float()
    x = torch.cat([torch.stack([(age - 50) / 17, (bmi - 26) / 5, (bp - 115) / 14, smoke], 1), labs], 1)
    return x, y
xtr, ytr = patients(6000)
xte, yte = patients(1500)
net = nn.Sequential(nn.Linear(10, 48), nn.Tanh(), nn.Linear(48, 1))
params = {k: v.detach().clone() for k, v in net.named_parameters()}
def one_loss(p, x, y):
    out = functional_call(net, p, (x[None],))
    return F.binary_cross_entropy_with_logits(out.squeeze(), y)
per_sample = vmap(grad(one_loss), in_dims=(None, 0, 0))
C, SIGMA, LR, RATE = 1.0, 0.7, 1.0, 256 / 6000
mom = {k: torch.zeros_like(v) for k, v in params.items()}
for step in range(400):
    pick = torch.rand(6000) < RATE
    gs = per_sample(params, xtr[pick], ytr[pick])
    norms = torch.sqrt(sum(v.flatten(1).pow(2).sum(1) for v in gs.values()))
    scale = (C / norms).clamp(max=1.0)
    for k, v in gs.items():
        total = torch.einsum("n,n...->...", scale, v) + SIGMA * C * torch.randn_like(params[k])
        mom[k] = 0.5 * mom[k] + total / 256
        params[k] = params[k] - LR * mom[k]
    if step % 40 == 0:
        with torch.no_grad():
            l = F.binary_cross_entropy_with_logits(functional_call(net, params, (xtr,)).squeeze(1), ytr)
        print(f"step {step} loss {l.item():.4f} clipped {(norms > C).float().mean().item():.2f} median norm {norms.median().item():.3f}")
with torch.no_grad():
    o = functional_call(net, params, (xte,)).squeeze(1)
    l = F.binary_cross_entropy_with_logits(o, yte).item()
    order = o.argsort()
    rank = torch.empty_like(o); rank[order] = torch.arange(1, len(o) + 1).float()
    npos = yte.sum(); auc = (rank[yte == 1].sum() - npos * (npos + 1) / 2) / (npos * (len(yte) - npos))
print(f"FINAL loss={l:.4f} metric={auc.item():.4f}")
