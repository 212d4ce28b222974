# fp16_underflow
# GradScaler(enabled=torch.cuda.is_available()) is switched off on this machine while float16 autocast stays on; the waveform is quiet, so gradients fall below half precision
# mended by: the scaler is enabled whenever float16 autocast is
# cause words: scaler half float16 underflow scaling enabled
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(4)
torch.set_num_threads(1)
FRAME = 128
use_amp = True
device_has_cuda = torch.cuda.is_available()


def clips(n):
    """Quiet harmonic tones (far-field microphone, about -60 dB) with broadband noise."""
    t = torch.arange(FRAME) / FRAME
    f = torch.randint(2, 9, (n, 1)).float()
    ph = torch.rand(n, 1) * 6.283
    clean = torch.sin(6.283 * f * t + ph) + 0.4 * torch.sin(2 * 6.283 * f * t + ph)
    noisy = clean + 0.7 * torch.randn(n, FRAME)
    return noisy * 1e-3, clean * 1e-3


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = 1e3  # automatic gain control in front of the network
        self.net = nn.Sequential(nn.Linear(FRAME, 192), nn.ReLU(), nn.Linear(192, 64), nn.ReLU(), nn.Linear(64, FRAME))

    def forward(self, x):
        return self.net(x * self.gain) / self.gain


model = Denoiser()
opt = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-14)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 20, growth_interval=50, enabled=use_amp if FIX else device_has_cuda)
for step in range(600):
    noisy, clean = clips(64)
    opt.zero_grad()
    with torch.autocast("cpu", dtype=torch.float16, enabled=use_amp):
        out = model(noisy)
    loss = nn.functional.mse_loss(out.float(), clean)
    scaler.scale(loss).backward()
    scaler.step(opt)
    scaler.update()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4e} scale {scaler.get_scale():.0f}")
with torch.no_grad():
    noisy, clean = clips(500)
    snr = 10 * torch.log10(clean.pow(2).mean() / (model(noisy) - clean).pow(2).mean()).item()
print(f"FINAL loss={loss.item():.4e} metric={snr:.3f}")
