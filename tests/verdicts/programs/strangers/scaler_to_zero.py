# nonfinite
# frames are normalised with (x-mean)/(std+1e-8) in float16, where 1e-8 is zero: silent frames give 0/0, GradScaler skips every step and its scale goes to zero
# mended by: normalising in float32
# cause words: eps underflow half std float16 zero
import os
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)


class Keyword(nn.Module):
    """keyword classifier on spectrogram-like frames (B, T, F)"""
    def __init__(self, f=32, classes=6):
        super().__init__()
        self.conv1 = nn.Conv1d(f, 48, 3, padding=1)
        self.conv2 = nn.Conv1d(48, 48, 3, padding=1)
        self.out = nn.Linear(48, classes)

    def forward(self, x):
        x = torch.relu(self.conv1(x.transpose(1, 2)))
        x = torch.relu(self.conv2(x))
        return self.out(x.mean(2))


proto = torch.rand(6, 12, 32)
def batch(n=64):
    y = torch.randint(0, 6, (n,))
    x = proto[y] + 0.4 * torch.randn(n, 12, 32)
    x[torch.arange(12)[None] >= torch.randint(8, 13, (n, 1))] = 0.0     # silence at the end
    return x, y


def normalise(x):
    return (x - x.mean(2, keepdim=True)) / (x.std(2, keepdim=True) + 1e-8)


net = Keyword()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 12)
hist = []
for step in range(400):
    x, y = batch()
    opt.zero_grad()
    x = normalise(x) if FIX else normalise(x.half())
    with torch.autocast("cpu", dtype=torch.float16):
        logits = net(x)
        loss = nn.functional.cross_entropy(logits.float(), y)
    scaler.scale(loss).backward()
    scaler.unscale_(opt)
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    scaler.step(opt)
    scaler.update()
    hist.append((logits.argmax(1) == y).float().mean().item())
    if step % 50 == 0:
        print(f"step {step} loss {loss.item():.4f} scale {scaler.get_scale():g} acc {hist[-1]:.4f}")
print(f"FINAL loss={loss.item():.4f} metric={sum(hist[-20:]) / 20:.4f}")
