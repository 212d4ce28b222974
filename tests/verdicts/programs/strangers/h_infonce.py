# healthy
# two towers with a learned temperature (logits times about 14 and more) and in-batch negatives; the first loss is large, some duplicates in a batch keep it from zero
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(60)
A, Bm = torch.randn(6, 50), torch.randn(6, 30)
def pairs(n):
    z = torch.randn(n, 6)
    return torch.tanh(z @ A) + .3 * torch.randn(n, 50), (z @ Bm).relu() + .3 * torch.randn(n, 30)
class Clip(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.img = nn.Sequential(nn.Linear(50, 96), nn.GELU(), nn.Linear(96, d))
        self.txt = nn.Sequential(nn.Linear(30, 96), nn.GELU(), nn.Linear(96, d))
        self.logit_scale = nn.Parameter(torch.tensor(2.6593))
    def forward(self, a, b):
        a, b = F.normalize(self.img(a), dim=-1), F.normalize(self.txt(b), dim=-1)
        return self.logit_scale.exp() * a @ b.T
m = Clip(); opt = torch.optim.AdamW([{"params": m.img.parameters()}, {"params": m.txt.parameters()},
    {"params": [m.logit_scale], "weight_decay": 0.0}], lr=2e-3, weight_decay=0.02)
for i in range(700):
    lg = m(*pairs(64)); t = torch.arange(64)
    loss = (F.cross_entropy(lg, t) + F.cross_entropy(lg.T, t)) / 2
    opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad(): m.logit_scale.clamp_(0, 4.6052)
    if i % 100 == 0: print(i, f"{loss.item():.4f} scale {m.logit_scale.exp().item():.2f}")
with torch.no_grad():
    r1 = (m(*pairs(200)).argmax(1) == torch.arange(200)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r1:.4f}")
