# nonfinite
# statistics pooling takes a plain sqrt of the variance over time; a channel that is constant (ReLU zero) has variance 0 and the slope of sqrt there is infinite
# mended by: adding an eps under the sqrt
# cause words: sqrt std variance zero pooling eps
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
N_SPK, N_MEL, T = 8, 20, 40
g = torch.Generator().manual_seed(5)
voices = torch.randn(N_SPK, N_MEL, generator=g)
spread = torch.rand(N_SPK, N_MEL, generator=g) + 0.3


def utterances(n):
    spk = torch.randint(0, N_SPK, (n,))
    feats = 0.4 * voices[spk][:, :, None] + spread[spk][:, :, None] * torch.randn(n, N_MEL, T)
    return feats, spk


class StatsPool(nn.Module):
    def forward(self, h):
        mean = h.mean(2)
        var = (h - mean[:, :, None]).pow(2).mean(2)
        std = torch.sqrt(var + 1e-5) if FIX else torch.sqrt(var)
        return torch.cat([mean, std], 1)


class XVector(nn.Module):
    def __init__(self):
        super().__init__()
        self.frames = nn.Sequential(nn.Conv1d(N_MEL, 48, 5, dilation=1), nn.ReLU(), nn.Conv1d(48, 48, 3, dilation=2), nn.ReLU())
        self.pool = StatsPool()
        self.fc = nn.Linear(96, 32)
        self.out = nn.Linear(32, N_SPK)

    def forward(self, x):
        return self.out(F.relu(self.fc(self.pool(self.frames(x)))))


model = XVector()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
skipped = 0
for step in range(400):
    x, spk = utterances(32)
    if step > 60:  # recordings of the second session: some were cut by the voice activity detector
        x[torch.rand(32) < 0.1] = 0.0
    loss = F.cross_entropy(model(x), spk)
    if not torch.isfinite(loss):  # do not let a bad batch spoil the run
        skipped += 1
        continue
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f} skipped {skipped}")
model.eval()
with torch.no_grad():
    x, spk = utterances(500)
    out = model(x)
    print(f"FINAL loss={F.cross_entropy(out, spk).item():.4f} metric={(out.argmax(1) == spk).float().mean().item():.4f}")
