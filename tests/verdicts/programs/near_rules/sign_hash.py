# healthy
# random hyperplane codes: the first layer is a steep tanh on purpose (nearly sign), so almost all its outputs are saturated all the time; the layer above learns, down to a floor set by 25 % label noise
# rule: I
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(59)
torch.set_num_threads(1)
D, H, C, BS, STEPS = 12, 400, 4, 128, 1200
centers = torch.randn(C * 3, D) * 1.3


def batch(n):
    k = torch.randint(0, C * 3, (n,))
    x = centers[k] + 0.5 * torch.randn(n, D)
    y = k % C
    noisy = torch.where(torch.rand(n) < 0.25, torch.randint(0, C, (n,)), y)
    return x, y, noisy


class HashNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.planes = nn.Linear(D, H)
        nn.init.normal_(self.planes.weight, std=25.0)
        nn.init.normal_(self.planes.bias, std=25.0)
        self.top = nn.Sequential(nn.Linear(H, 64), nn.ReLU(), nn.Linear(64, C))

    def forward(self, x):
        self.code = torch.tanh(self.planes(x))
        return self.top(self.code)


net = HashNet()
opt = torch.optim.AdamW(net.parameters(), lr=5e-4, weight_decay=0.01)
for step in range(STEPS):
    x, _, t = batch(BS)
    loss = F.cross_entropy(net(x), t)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        sat = (net.code.abs() > 0.99).float().mean().item()
        print(step, f"loss {loss.item():.4f} saturated {sat:.3f}")
with torch.no_grad():
    x, y, t = batch(5000)
    out = net(x)
    final = F.cross_entropy(out, t).item()
    acc = (out.argmax(1) == y).float().mean().item()
print(f"FINAL loss={final:.4f} metric={acc:.4f} (accuracy on clean labels, chance 0.25)")
