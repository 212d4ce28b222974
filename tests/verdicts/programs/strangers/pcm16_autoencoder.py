# badly_scaled
# the target of the mean squared error is left in 16-bit integer units (+-32768); only the input is normalised (by BatchNorm)
# mended by: dividing the samples by their typical level
# cause words: scale normalise int16 units divide amplitude
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
N = 64


def wav(n):
    """Frames of voiced sound as scipy.io.wavfile.read gives them: int16."""
    t = torch.arange(N) / N
    f0 = 1 + 5 * torch.rand(n, 1)
    ph = torch.rand(n, 1) * 6.283
    s = torch.sin(6.283 * f0 * t + ph) + 0.5 * torch.sin(6.283 * 2 * f0 * t + ph)
    return (s * 12000 + 300 * torch.randn(n, N)).to(torch.int16)


class Codec(nn.Module):
    def __init__(self, z=12):
        super().__init__()
        self.enc = nn.Sequential(nn.BatchNorm1d(N, affine=False), nn.Linear(N, 96), nn.ELU(), nn.Linear(96, z))
        self.dec = nn.Sequential(nn.Linear(z, 96), nn.ELU(), nn.Linear(96, N))

    def forward(self, x):
        return self.dec(self.enc(x))


def prepare(x):
    x = x.float()
    return x / 12000 if FIX else x


net = Codec()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(1500):
    x = prepare(wav(64))
    loss = nn.functional.mse_loss(net(x), x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.5g}")
net.eval()
with torch.no_grad():
    x = prepare(wav(500))
    explained = 1 - (net(x) - x).pow(2).mean() / x.var()
print(f"FINAL loss={loss.item():.5g} metric={explained.item():.4f}")
