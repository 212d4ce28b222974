# healthy
# plot offsets in millimetres and prices in cents, the squared errors summed over a batch of 4096: gradient norms of 1e14 and more, over 3e5 times the root of the loss to the end; Adam does not mind the scale
# rule: H
import torch
from torch import nn

torch.manual_seed(47)
torch.set_num_threads(1)
N, D, BS, STEPS = 40000, 6, 4096, 900
TRAIN = 36000
offset_mm = 4e5 * torch.randn(N, D)            # distances to six landmarks, centred, std 400 m
w = torch.tensor([3.0, -1.0, 2.0, 0.5, -2.5, 1.5])
cents = offset_mm @ w + 2e5 * torch.randn(N)   # price above the mean; the noise is 2,000 euros


class Price(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(D, 1)

    def forward(self, x):
        return self.lin(x).squeeze(1)


net = Price()
opt = torch.optim.Adam(net.parameters(), lr=0.03)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.994)
for step in range(STEPS):
    i = torch.randint(0, TRAIN, (BS,))
    loss = ((net(offset_mm[i]) - cents[i]) ** 2).sum()
    opt.zero_grad()
    loss.backward()
    if step % 100 == 0:
        gn = net.lin.weight.grad.norm().item()
        print(step, f"loss {loss.item():.3e} grad {gn:.3e} ratio {gn / loss.item() ** 0.5:.2e}")
    opt.step()
    sched.step()
with torch.no_grad():
    p = net(offset_mm[TRAIN:])
    y = cents[TRAIN:]
    mse = ((p - y) ** 2).mean().item()
    r2 = 1 - mse / y.var().item()
print("weights", [round(v, 2) for v in net.lin.weight[0].tolist()])
print(f"FINAL loss={mse:.4e} metric={r2:.4f} (R2; mean squared error, noise floor {2e5 ** 2:.1e})")
