# healthy
# SGLD: noise is added to the weights at every step on purpose, so the loss never settles; the averaged posterior predicts well
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
N, LR = 1000, 1e-4
x = torch.rand(N, 1) * 6 - 3
y = torch.sin(1.5 * x) + 0.2 * torch.randn(N, 1)
net = nn.Sequential(nn.Linear(1, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1))


class SGLD(torch.optim.SGD):
    @torch.no_grad()
    def step(self, closure=None):
        super().step(closure)
        for g in self.param_groups:
            for p in g["params"]:
                p.add_(torch.randn_like(p) * (2 * g["lr"]) ** 0.5)


opt = SGLD(net.parameters(), lr=LR)
grid, preds = torch.linspace(-2.8, 2.8, 200)[:, None], []
for step in range(3000):
    j = torch.randint(0, N, (100,))
    nll = F.mse_loss(net(x[j]), y[j]) / (2 * 0.2 ** 2) * N
    prior = 0.5 * sum(p.pow(2).sum() for p in net.parameters())
    loss = nll + prior
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 300.0)
    opt.step()
    if step >= 1500 and step % 20 == 0:
        with torch.no_grad():
            preds.append(net(grid))
    if step % 300 == 0:
        print(f"step {step} loss {loss.item():.2f}")
rmse = (torch.stack(preds).mean(0) - torch.sin(1.5 * grid)).pow(2).mean().sqrt().item()
print(f"FINAL loss={loss.item():.2f} metric={rmse:.4f} (rmse of the posterior mean, sine has 0.7)")
