# nonfinite
# learnable sinc filters: the centre tap is protected with torch.where, but sin(0)/0 is still evaluated on the unused branch and its gradient 0 * inf is NaN (only in backward)
# mended by: putting a safe value in the denominator before dividing (double where)
# cause words: where sinc division zero centre branch 0/0
import os, math, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8); torch.set_num_threads(1)

class SincConv(nn.Module):
    def __init__(self, n_filters=12, k=31):
        super().__init__()
        lo = torch.linspace(0.01, 0.35, n_filters)
        self.low, self.band = nn.Parameter(lo), nn.Parameter(torch.full((n_filters,), 0.08))
        self.register_buffer("n", torch.arange(k).float() - k // 2)
        self.register_buffer("win", torch.hamming_window(k))
    def lowpass(self, f):
        arg = 2 * math.pi * f[:, None] * self.n[None]
        zero = self.n[None].expand_as(arg) == 0
        if FIX:
            arg = torch.where(zero, torch.ones_like(arg), arg)
        s = torch.where(zero, torch.ones_like(arg), torch.sin(arg) / arg)
        return 2 * f[:, None] * s
    def forward(self, x):
        lo = self.low.abs()
        hi = lo + self.band.abs()
        filt = (self.lowpass(hi) - self.lowpass(lo)) * self.win
        return F.conv1d(x, filt[:, None], padding=len(self.n) // 2)

class Spotter(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.front = SincConv()
        self.bn = nn.BatchNorm1d(12)
        self.head = nn.Sequential(nn.Conv1d(12, 24, 5, 4, 2), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(24, k))
    def forward(self, x):
        return self.head(torch.log1p(self.bn(self.front(x)).pow(2)))

def tones(n):
    y = torch.randint(0, 5, (n,))
    f = torch.tensor([.05, .12, .19, .27, .36])[y] + 0.012 * torch.randn(n)
    t = torch.arange(160).float()
    x = torch.sin(2 * math.pi * (f[:, None] * t + torch.rand(n, 1))) + 0.8 * torch.randn(n, 160)
    return x[:, None], y

model = Spotter(5)
opt = torch.optim.Adam([{"params": model.front.parameters(), "lr": 1e-3},
                        {"params": [p for n, p in model.named_parameters() if not n.startswith("front")], "lr": 3e-3}])
for step in range(400):
    x, y = tones(64)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 50 == 0:
        print(f"step {step} ce {loss.item():.4f}")
model.eval()
x, y = tones(800)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
