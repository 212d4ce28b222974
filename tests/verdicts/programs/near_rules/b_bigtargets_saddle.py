# healthy
# targets in the ten thousands and a three-layer linear trunk with a small start: the gradient norm starts small and grows far above 1000 while the loss is at the mean's, then it is learned
# rule: B
import torch
import torch.nn as nn

torch.manual_seed(2)
N, D = 4000, 12
X = torch.randn(N + 1000, D)
a = torch.randn(D)
Y = 20000 * (X @ a / a.norm()) + 1500 * torch.randn(N + 1000)
xt, yt, xv, yv = X[:N], Y[:N], X[N:], Y[N:]
net = nn.Sequential(nn.Linear(D, 64, bias=False), nn.Linear(64, 64, bias=False), nn.Linear(64, 1, bias=False))
for m in net:
    nn.init.normal_(m.weight, std=0.01)
opt = torch.optim.Adam(net.parameters(), lr=5e-4)
STEPS = 1900
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 20) / 900) ** 2 * 40 * (1.0 if s < 1300 else (STEPS - s) / 600))
run, norms = [], []
for step in range(STEPS):
    i = torch.randint(N, (128,))
    loss = nn.functional.mse_loss(net(xt[i]).squeeze(1), yt[i])
    opt.zero_grad()
    loss.backward()
    g = torch.stack([p.grad.norm() for p in net.parameters()]).norm().item()
    opt.step()
    sched.step()
    run.append(loss.item())
    norms.append(g)
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4g} grad norm {g:.4g}")
net.eval()
with torch.no_grad():
    r2 = 1 - ((net(xv).squeeze(1) - yv) ** 2).mean() / yv.var()
print(f"grad norm first {norms[0]:.3g} largest {max(norms):.3g}; steps above 0.9 of the variance {sum(v > 0.9 * yt.var().item() for v in run)}")
print(f"FINAL loss={sum(run[-50:]) / 50:.6g} metric={r2.item():.4f} (R2 held out)")
