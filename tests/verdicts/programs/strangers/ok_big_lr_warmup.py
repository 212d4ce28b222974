# healthy
# plain SGD warms up to a learning rate of 0.6, tens of times the usual, and the loss is bumpy; layer norm makes the step harmless
import torch
import torch.nn as nn

torch.manual_seed(51)
x = torch.randn(3000, 10)
y = torch.tanh(x @ torch.randn(10, 2))
net = nn.Sequential(nn.Linear(10, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 2))
opt = torch.optim.SGD(net.parameters(), lr=0.6)
WARM, TOTAL = 150, 1500
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: (s + 1) / WARM if s < WARM else max(0.0, 1 - (s - WARM) / (TOTAL - WARM)))
for step in range(TOTAL):
    i = torch.randint(0, 2500, (128,))
    loss = (net(x[i]) - y[i]).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step} lr {sched.get_last_lr()[0]:.3f} loss {loss.item():.4f}")
with torch.no_grad():
    r2 = 1 - ((net(x[2500:]) - y[2500:]).pow(2).mean() / y[2500:].var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f} (R2, more is better)")
