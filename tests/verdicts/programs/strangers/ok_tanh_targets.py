# healthy
# the targets are binary patterns +-1 and the output layer is a tanh: its units end saturated because the answers lie there
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
D = 36
rules = torch.randn(6, D)


def glyphs(n):
    """Black and white glyphs made of six latent strokes; the input is a grey noisy copy with 20 % of the pixels erased."""
    z = torch.sign(torch.randn(n, 6))
    clean = torch.sign(z @ rules)
    noisy = clean + 0.6 * torch.randn(n, D)
    return noisy * (torch.rand(n, D) > 0.2), clean


class Restorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.dec = nn.Linear(64, D)

    def forward(self, x):
        return torch.tanh(self.dec(self.enc(x)))


net = Restorer()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 1000, 0.3)
for step in range(2500):
    x, y = glyphs(64)
    loss = (net(x) - y).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 250 == 0:
        print(f"step {step} mse {loss.item():.5f}")
with torch.no_grad():
    x, y = glyphs(1000)
    out = net(x)
    print(f"outputs beyond 0.99: {(out.abs() > 0.99).float().mean().item():.3f}")
    acc = (torch.sign(out) == y).float().mean().item()
print(f"FINAL loss={loss.item():.5f} metric={acc:.4f}")
