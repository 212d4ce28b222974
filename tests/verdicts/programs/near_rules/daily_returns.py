# healthy
# predicting daily returns: the signal explains 1 % of the variance, so the squared error can never go more than 1 % below the variance of the targets; the net finds nearly all of that signal
# rule: B
import torch
from torch import nn

torch.manual_seed(11)
torch.set_num_threads(1)
N, D = 400000, 8
x = torch.randn(N, D)
beta = torch.tensor([1.0, -0.7, 0.5, 0, 0, 0, 0.3, 0])
signal = x @ beta + 0.4 * (x[:, 0] * x[:, 1] > 0).float() - 0.2
signal = 0.1 * signal / signal.std()
y = (signal + torch.randn(N)).unsqueeze(1)
n_tr = 360000
xv, yv, sv = x[n_tr:], y[n_tr:], signal[n_tr:]

net = nn.Sequential(nn.Linear(D, 16), nn.Tanh(), nn.Linear(16, 1))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
mse = nn.MSELoss()
STEPS, BS = 1400, 256
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=3e-3, total_steps=STEPS)
run = []
for step in range(STEPS):
    i = torch.randint(0, n_tr, (BS,))
    loss = mse(net(x[i]), y[i])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if (step + 1) % 200 == 0:
        print(step + 1, f"train {sum(run[-200:]) / 200:.4f}")

with torch.no_grad():
    pv = net(xv)
    val = mse(pv, yv).item()
    floor = mse(sv.unsqueeze(1), yv).item()
    corr = torch.corrcoef(torch.stack([pv.squeeze(1), sv]))[0, 1].item()
print(f"variance {yv.var().item():.4f} best possible {floor:.4f}")
print(f"FINAL loss={val:.4f} metric={corr:.4f} (correlation with the true signal)")
