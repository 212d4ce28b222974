# healthy
# Adam to the noise floor, then averaged full-batch polishing by hand with torch.autograd.grad (.grad is None everywhere) while opt.step() is still called for the scheduler; the loss is at its floor
# rule: E
import torch
import torch.nn as nn

torch.manual_seed(21)
N, D = 1500, 5
X = torch.rand(N + 1500, D) * 2 - 1
f = torch.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2] * 2 + X[:, 3].abs()
Y = f + 0.3 * torch.randn(N + 1500)
xt, yt, xv, fv, yv = X[:N], Y[:N], X[N:], f[N:], Y[N:]

net = nn.Sequential(nn.Linear(D, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
params = list(net.parameters())
opt = torch.optim.Adam(params, lr=1e-2)
FIRST, SECOND = 700, 800
sched = torch.optim.lr_scheduler.StepLR(opt, 250, 0.4)
mean = [torch.zeros_like(p) for p in params]
run = []
for step in range(FIRST + SECOND):
    opt.zero_grad(set_to_none=True)
    if step < FIRST:
        i = torch.randint(N, (100,))
        loss = nn.functional.mse_loss(net(xt[i]).squeeze(1), yt[i])
        loss.backward()
    else:
        loss = nn.functional.mse_loss(net(xt).squeeze(1), yt)
        gs = torch.autograd.grad(loss, params)
        with torch.no_grad():                   # heavy ball by hand, weights written directly
            for p, m, g in zip(params, mean, gs):
                m.mul_(0.8).add_(g)
                p.add_(m, alpha=-0.003)
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.5f}")
net.eval()
with torch.no_grad():
    p = net(xv).squeeze(1)
    r2 = 1 - ((p - fv) ** 2).mean() / fv.var()
print(f"FINAL loss={run[-1]:.4f} metric={r2.item():.4f} (R2 held out against the noiseless function; noise variance 0.09)")
