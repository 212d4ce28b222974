# healthy
# matrix factorisation of very noisy ratings: flat at the noise floor (variance 1) after a few hundred steps, nothing more can be had
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
U, I, R, N = 120, 80, 2, 40000
tu, ti = torch.randn(U, R), torch.randn(I, R)
u, i = torch.randint(0, U, (N,)), torch.randint(0, I, (N,))
clean = (tu[u] * ti[i]).sum(1)
y = clean + torch.randn(N)
eu, ei = nn.Embedding(U, 4), nn.Embedding(I, 4)
for e in (eu, ei):
    nn.init.normal_(e.weight, std=0.3)
opt = torch.optim.AdamW(list(eu.parameters()) + list(ei.parameters()), lr=1e-2, weight_decay=1e-2)
ntr = 36000
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for step in range(1500):
    j = torch.randint(0, ntr, (512,))
    loss = F.mse_loss((eu(u[j]) * ei(i[j])).sum(1), y[j])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    p = (eu(u[ntr:]) * ei(i[ntr:])).sum(1)
    r2 = 1 - F.mse_loss(p, clean[ntr:]).item() / clean.var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.3f} (test r2 against the clean ratings)")
