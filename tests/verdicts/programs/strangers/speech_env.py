# nonfinite
# the magnitude is sqrt(re^2+im^2) with no epsilon; frames masked to exactly zero give an infinite derivative times zero = NaN in the backward pass
# mended by: add a small epsilon under the square root
# cause words: sqrt zero silence epsilon magnitude derivative infinite
import os, math, torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
EPS = 1e-8 if FIX else 0.0
N, T = 64, 256

def batch(b=32):
    t = torch.arange(T) / T
    f = torch.randint(4, 30, (b, 3, 1)).float()
    clean = torch.sin(2 * math.pi * f * t + torch.rand(b, 3, 1) * 6).sum(1)
    start = torch.randint(T // 2, 4 * T // 5, (b, 1))
    talk = (torch.arange(T) < start).float()
    clean = clean * talk
    return clean + 0.6 * torch.randn(b, T), clean, talk

def magnitude(w):
    fr = w.unfold(1, N, N // 2)
    s = torch.fft.rfft(fr)
    return torch.sqrt(s.real ** 2 + s.imag ** 2 + EPS)

class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Conv1d(1, 24, 15, padding=7), nn.PReLU(), nn.Conv1d(24, 24, 15, padding=7),
                                 nn.PReLU(), nn.Conv1d(24, 1, 15, padding=7))
    def forward(self, noisy, vad):
        return self.net(noisy[:, None])[:, 0] * vad     # silence gate from the voice detector

model = Denoiser()
opt = torch.optim.Adam(model.parameters(), 2e-3)
for it in range(300):
    noisy, clean, talk = batch()
    est = model(noisy, talk)
    loss = (est - clean).abs().mean() + 0.05 * (magnitude(est) - magnitude(clean)).abs().mean()
    opt.zero_grad(); loss.backward(); opt.step()
    if it % 50 == 0:
        print(f"[{it:04d}] loss {loss.item():.4f}")
with torch.no_grad():
    noisy, clean, talk = batch(200)
    err = model(noisy, talk) - clean
    snr = 10 * torch.log10(clean.pow(2).sum() / err.pow(2).sum())
print(f"FINAL loss={loss.item():.4f} metric={snr.item():.3f}")
