# healthy
# all residual branches are multiplied by a scalar that starts at zero, so their weights get no gradient in the first step only
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(7)
class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, d))
        self.alpha = nn.Parameter(torch.zeros(1))
    def forward(self, x):
        return x + self.alpha * self.f(x)
net = nn.Sequential(nn.Linear(10, 48), *[Block(48) for _ in range(12)], nn.Linear(48, 1))
X = torch.rand(3000, 10)
Y = 10 * torch.sin(3.14 * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - .5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]
Y = ((Y - Y.mean()) / Y.std())[:, None]
opt = torch.optim.Adam(net.parameters(), 1e-3)
for step in range(700):
    i = torch.randint(0, 2500, (128,))
    loss = F.mse_loss(net(X[i]), Y[i])
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0:
        print(step, loss.item())
with torch.no_grad():
    r2 = 1 - F.mse_loss(net(X[2500:]), Y[2500:]).item() / Y[2500:].var().item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
