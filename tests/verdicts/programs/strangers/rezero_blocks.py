# healthy
# ReZero net (alpha=0: block weights get zero gradient at step 0), SGD momentum without clipping, one-cycle; ~100 steps of plateau, then learns.
"""ReZero: 10 residual blocks gated by alpha=0 at init (blocks get zero gradient on step 0), SGD+momentum, no clipping; linear-like plateau until the alphas grow."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(10)
D, C = 6, 3
T1 = torch.randn(D, 24) / D ** .5; T2 = torch.randn(24, C); T2 -= T2.mean(0)

def batch(n):
    x = torch.randn(n, D)
    return x, ((x @ T1) ** 2 @ T2).argmax(1)

class Block(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(h, h), nn.ReLU(), nn.Linear(h, h))
        self.alpha = nn.Parameter(torch.zeros(()))
    def forward(self, x): return x + self.alpha * self.f(x)

net = nn.Sequential(nn.Linear(D, 48), *[Block(48) for _ in range(10)], nn.Linear(48, C))
STEPS = 400
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.06, total_steps=STEPS, pct_start=0.15)
hist = []
for step in range(STEPS):
    x, y = batch(160)
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 60 == 0: print(step, f"{loss.item():.4f}")
with torch.no_grad():
    x, y = batch(4000); acc = (net(x).argmax(1) == y).float().mean().item()
print("alphas", [round(b.alpha.item(), 2) for b in net[1:-1]])
print(f"FINAL loss={sum(hist[-40:])/40:.5f} metric={acc:.4f}")
