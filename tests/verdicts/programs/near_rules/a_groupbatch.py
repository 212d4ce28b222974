# healthy
# every batch comes from one sensor: within a batch the targets are mostly noise, so the loss ends at the cost of the batch's own mean, but the level of each sensor is learned (R2 over all data near 1)
# rule: A
import torch
import torch.nn as nn

torch.manual_seed(3)
S, SIG = 60, 1.0
level = 40 + 8 * torch.randn(S)               # level of a sensor
slope = torch.randn(3) * 0.15                 # small part that differs inside a batch


def batch(n, s):
    x = torch.randn(n, 3)
    y = level[s] + x @ slope + SIG * torch.randn(n)
    return torch.full((n,), s), x, y


class Sensor(nn.Module):
    def __init__(self):
        super().__init__()
        self.level = nn.Embedding(S, 1)
        self.mlp = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, s, x):
        return (self.level(s) + self.mlp(x)).squeeze(1)


net = Sensor()
opt = torch.optim.SGD([{"params": net.level.parameters(), "lr": 0.2},
                       {"params": net.mlp.parameters(), "lr": 0.002}])
STEPS = 1900
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
run = []
for step in range(STEPS):
    s, x, y = batch(128, int(torch.randint(S, (1,))))
    loss = nn.functional.mse_loss(net(s, x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    run.append(loss.item())
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f} of this batch's mean {y.var().item():.4f}")

net.eval()
with torch.no_grad():
    ss, xs, ys = zip(*[batch(200, s) for s in range(S)])
    s, x, y = torch.cat(ss), torch.cat(xs), torch.cat(ys)
    r2 = 1 - ((net(s, x) - y) ** 2).mean() / y.var()
print(f"FINAL loss={sum(run[-100:]) / 100:.4f} metric={r2.item():.4f} (R2 over all sensors; noise variance {SIG ** 2})")
