# healthy
# A mixture of four linear experts whose gate is a cold softmax (one-hot for each example), on a regression that is 70 % noise; gate and experts find the clean function.
# rule: B
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
D, EXP, STEPS, NOISE = 12, 4, 1500, 1.5
g = torch.Generator().manual_seed(5)
mids = torch.zeros(EXP, D)
mids[0, 0], mids[1, 0], mids[2, 1], mids[3, 1] = 4.0, -4.0, 4.0, -4.0
ws = torch.zeros(EXP, D)
ws[:, 2:] = F.normalize(torch.randn(EXP, D - 2, generator=g), dim=1)


def batch(n):
    k = torch.randint(0, EXP, (n,), generator=g)
    x = mids[k] + torch.cat([0.5 * torch.randn(n, 2, generator=g), torch.randn(n, D - 2, generator=g)], 1)
    clean = (x * ws[k]).sum(1)
    return x, clean, clean + NOISE * torch.randn(n, generator=g), k


class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(D, EXP)
        self.experts = nn.Linear(D, EXP)
        with torch.no_grad():
            self.gate.weight.copy_(mids / 16 + 0.02 * torch.randn(EXP, D))
            self.gate.bias.zero_()

    def forward(self, x):
        route = torch.softmax(self.gate(x) / 0.1, dim=-1)
        return (route * self.experts(x)).sum(-1), route


net = Mixture()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
hist = []
for step in range(STEPS):
    x, _, y, _ = batch(1024)
    pred, route = net(x)
    loss = F.mse_loss(pred, y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    hist.append(loss.item())
    if step % 250 == 0:
        print(step, "loss %.4f" % loss.item())

with torch.no_grad():
    x, clean, y, k = batch(8000)
    pred, route = net(x)
    r2 = 1 - F.mse_loss(pred, clean).item() / clean.var().item()
    hard = (route.max(-1).values > 0.99).float().mean().item()
    used = route.mean(0).tolist()
print("one-hot rows %.3f, use of experts %s" % (hard, [round(u, 3) for u in used]))
print("guessing %.3f, noise floor %.3f" % (y.var().item(), NOISE ** 2))
print("FINAL loss=%.4f metric=%.4f" % (sum(hist[-100:]) / 100, r2))
