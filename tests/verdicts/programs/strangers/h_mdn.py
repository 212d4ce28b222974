# healthy
# negative log-likelihood of a mixture density network: the loss is negative and keeps falling below zero, with spikes, as the densities get sharp
import math, torch, torch.nn as nn
torch.manual_seed(51)
class MDN(nn.Module):
    def __init__(self, k=3, h=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, h), nn.Tanh(), nn.Linear(h, h), nn.Tanh())
        self.pi, self.mu, self.ls = nn.Linear(h, k), nn.Linear(h, k), nn.Linear(h, k)
    def forward(self, x):
        z = self.body(x)
        return torch.log_softmax(self.pi(z), 1), self.mu(z), self.ls(z).clamp(-5, 2)
    def nll(self, x, y):
        lp, mu, ls = self(x)
        comp = -0.5 * ((y - mu) / ls.exp()) ** 2 - ls - 0.5 * math.log(2 * math.pi)
        return -torch.logsumexp(lp + comp, 1).mean()
def data(n):
    x = 2 * torch.rand(n, 1) - 1
    sign = torch.where(torch.rand(n, 1) < 0.5, 1.0, -1.0)
    return x, sign * (0.4 + 0.3 * torch.sin(3 * x)) + 0.02 * torch.randn(n, 1)
model = MDN()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
sched = torch.optim.lr_scheduler.MultiStepLR(opt, [1500, 2000], 0.3)
for step in range(2400):
    x, y = data(64)
    loss = model.nll(x, y)
    opt.zero_grad()
    loss.backward()
    opt.step(); sched.step()
    if step % 400 == 0:
        print(f"{step} nll {loss.item():.4f}")
x, y = data(3000)
with torch.no_grad():
    test = model.nll(x, y).item()
ideal = math.log(2) + 0.5 * math.log(2 * math.pi * math.e) + math.log(0.02)
print(f"FINAL loss={test:.4f} metric={test - ideal:.4f}")
