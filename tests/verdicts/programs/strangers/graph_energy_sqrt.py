# nonfinite
# the pair distance of an atom with itself is sqrt(0), whose gradient is infinite; masked by 0 it becomes NaN
# mended by: a small constant under the root
# cause words: sqrt zero distance infinite derivative NaN diagonal norm
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)
N = 8
mask = 1 - torch.eye(N)
class Potential(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.shift = nn.Parameter(torch.ones(3))
        self.mu = torch.linspace(0, 4, 12)
        self.net = nn.Sequential(nn.Linear(12, d), nn.SiLU(), nn.Linear(d, 1))
    def forward(self, pos):
        diff = (pos[:, :, None] - pos[:, None]) * self.shift
        d2 = diff.pow(2).sum(-1)
        d = (d2 + 1e-8).sqrt() if FIX else d2.sqrt()
        rbf = torch.exp(-4 * (d[..., None] - self.mu) ** 2)
        return (self.net(rbf)[..., 0] * mask).sum((1, 2)) / N
stretch = torch.tensor([1.0, 1.4, 0.7])
def batch(n):
    pos = torch.rand(n, N, 3) * 2
    d = ((((pos[:, :, None] - pos[:, None]) * stretch) ** 2).sum(-1) + 1e-8).sqrt()
    return pos, (torch.exp(-d) * torch.cos(3 * d) * mask).sum((1, 2))
model = Potential()
opt = torch.optim.Adam(model.parameters(), 3e-3)
for step in range(600):
    pos, e = batch(64)
    loss = (model(pos) - e).pow(2).mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0:
        print(step, loss.item())
pos, e = batch(1000)
mse = (model(pos) - e).pow(2).mean().item()
print(f"FINAL loss={loss.item():.4f} metric={1 - mse / e.var().item():.4f}")
