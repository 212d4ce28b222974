# miswired
# the decoder of the seq2seq transformer gets a tensor of zeros with no position at all, so all forecast steps are the same number
# mended by: give the decoder queries the positional encoding
# cause words: decoder zeros position positional constant query same target
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
HIST, HOR, D = 36, 12, 32

def series(b):
    ph = torch.rand(b, 1) * 2 * math.pi
    per = torch.randint(9, 16, (b, 1)).float()
    t = torch.arange(HIST + HOR).float()
    s = torch.sin(2 * math.pi * t / per + ph) + 0.05 * torch.randn(b, HIST + HOR)
    return s[:, :HIST, None], s[:, HIST:, None]

def posenc(n):
    p = torch.arange(n)[:, None]; f = torch.exp(torch.arange(0, D, 2) * (-math.log(1000.) / D))
    pe = torch.zeros(n, D); pe[:, 0::2] = torch.sin(p * f); pe[:, 1::2] = torch.cos(p * f)
    return pe

class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(1, D)
        self.register_buffer("pe", posenc(HIST + HOR))
        self.tr = nn.Transformer(D, 4, 2, 1, 64, dropout=0.0, batch_first=True)
        self.head = nn.Linear(D, 1)
    def forward(self, src):
        z = self.inp(src) + self.pe[:HIST]
        tgt = torch.zeros(src.size(0), HOR, D)
        if FIX: tgt = tgt + self.pe[HIST:]
        return self.head(self.tr(z, tgt))

m = Forecaster()
opt = torch.optim.AdamW(m.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=500)
for i in range(500):
    x, y = series(32)
    loss = nn.functional.mse_loss(m(x), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(m.parameters(), 5.0)
    opt.step(); sched.step()
    if i % 100 == 0: print(f"{i} {loss:.4f}")
m.eval()
with torch.no_grad():
    x, y = series(500); mae = (m(x) - y).abs().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={mae:.4f}")
