# healthy
# bfloat16 autocast on the CPU and a loss multiplied by 1e-7: gradients are around 1e-9, but bfloat16 has the exponent range of float32 and Adam (eps 1e-16) does not care about the scale
from dataclasses import dataclass
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(36)
@dataclass
class Cfg:
    lr: float = 2e-3
    steps: int = 700
    weight: float = 1e-7
    amp: torch.dtype = torch.bfloat16
cfg = Cfg(); V, L, K = 30, 16, 4
topic = torch.softmax(1.5 * torch.randn(K, V), 1)
def batch(n):
    y = torch.randint(0, K, (n,)); return torch.multinomial(topic[y], L, replacement=True), y
class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(V, 32); self.ff = nn.Sequential(nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 32)); self.ln = nn.LayerNorm(32); self.fc = nn.Linear(32, K)
    def forward(self, x):
        h = self.emb(x); return self.fc(self.ln(h + self.ff(h)).mean(1))
model = Enc(); opt = torch.optim.Adam(model.parameters(), lr=cfg.lr, eps=1e-16)
for s in range(cfg.steps):
    x, y = batch(64); opt.zero_grad()
    with torch.autocast("cpu", dtype=cfg.amp): logits = model(x)
    loss = F.cross_entropy(logits.float(), y)
    (cfg.weight * loss).backward(); opt.step()
    if s % 100 == 0: print(s, f"loss {loss.item():.4f}")
with torch.no_grad():
    x, y = batch(2000); acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
