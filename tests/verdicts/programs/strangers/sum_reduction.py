# healthy
# reduction="sum" over batch, time and channels: losses of thousands and gradient norms of thousands, harmless with Adam
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(46)
T, Cn = 32, 6
mix = torch.randn(Cn, 3)
def batch(n=64):
    f = 0.1 + 0.4 * torch.rand(n, 3, 1)
    s = torch.sin(f * torch.arange(T) + 6.28 * torch.rand(n, 3, 1))
    clean = mix @ s
    return clean + 0.7 * torch.randn_like(clean), clean

class Denoise(nn.Module):
    def __init__(self):
        super().__init__()
        self.d = nn.Conv1d(Cn, 24, 5, padding=2)
        self.m = nn.Conv1d(24, 24, 5, padding=4, dilation=2)
        self.u = nn.Conv1d(24, Cn, 5, padding=2)
    def forward(self, x):
        h = F.elu(self.d(x))
        return self.u(h + F.elu(self.m(h)))

net = Denoise()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(500):
    x, y = batch()
    loss = F.mse_loss(net(x), y, reduction="sum")
    opt.zero_grad(); loss.backward()
    g = sum(p.grad.pow(2).sum() for p in net.parameters()).sqrt().item()
    opt.step()
    if step % 100 == 0: print(f"{step} sse {loss.item():.1f} |g| {g:.1f}")
x, y = batch(500)
with torch.no_grad():
    ratio = F.mse_loss(net(x), y).item() / F.mse_loss(x, y).item()
print(f"FINAL loss={loss.item():.2f} metric={ratio:.4f}")
