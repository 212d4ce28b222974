# not_learning plateau
# the warm-up lambda divides with // instead of /: the factor is 0 until the warm-up is over, and the run is shorter than the warm-up
# mended by: true division and a warm-up of 50 steps
# cause words: warm-up warmup learning-rate lr scheduler division zero
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(20)
WARMUP = 50 if FIX else 2000


def lr_lambda(step):
    if step < WARMUP:
        return (step + 1) / WARMUP if FIX else (step + 1) // WARMUP
    return max(0.05, 1 - (step - WARMUP) / 900)


class MAE(nn.Module):
    """Masked autoencoder for series of 12 patches of 4 points."""

    def __init__(self, d=32):
        super().__init__()
        self.embed = nn.Linear(4, d)
        self.pos = nn.Parameter(0.3 * torch.randn(12, d))
        self.mask_token = nn.Parameter(torch.zeros(d))
        layer = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(d, 4)

    def forward(self, patches, mask):
        h = self.embed(patches)
        h = torch.where(mask[..., None], self.mask_token, h) + self.pos
        return self.head(self.enc(h))


def series(n):
    t = torch.arange(48) / 48
    f = 1 + 2 * torch.rand(n, 1)
    return torch.sin(2 * torch.pi * (f * t + torch.rand(n, 1))).reshape(n, 12, 4)


net = MAE()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_lambda)


def masked_loss(n):
    x = series(n)
    mask = torch.rand(n, 12) < 0.4
    return (net(x, mask) - x)[mask].pow(2).mean()


for step in range(900):
    loss = masked_loss(64)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 20.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} masked mse {loss.item():.4f}")
with torch.no_grad():
    m = masked_loss(1000).item()
print(f"FINAL loss={loss.item():.4f} metric={m:.4f} (masked mse, less is better; variance 0.5)")
