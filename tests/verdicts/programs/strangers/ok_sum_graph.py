# healthy
# summed (not averaged) loss over a graph batch: gradients in the thousands, but Adam and a fitting lr learn it well
import torch
import torch.nn as nn

torch.manual_seed(0)
N, ATOMS = 2000, 10
x = torch.randn(N, ATOMS, 5)
a = (torch.rand(N, ATOMS, ATOMS) < 0.3).float().triu(1)
a = a + a.transpose(1, 2)
y = (10 * torch.tanh(x[..., 0]) + 3 * (a @ x[..., 1:2]).squeeze(-1)).sum(1)
f1 = nn.Sequential(nn.Linear(10, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(f1.parameters(), lr=2e-3)
crit = nn.MSELoss(reduction="sum")


def model(x, a):
    return f1(torch.cat([x, a @ x], -1)).sum((1, 2))


for epoch in range(25):
    perm = torch.randperm(1800)
    for k in range(0, 1800, 100):
        j = perm[k:k + 100]
        loss = crit(model(x[j], a[j]), y[j])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.2f}")
with torch.no_grad():
    r2 = 1 - (model(x[1800:], a[1800:]) - y[1800:]).pow(2).mean().item() / y.var().item()
print(f"FINAL loss={loss.item():.2f} metric={r2:.4f} (test r2)")
