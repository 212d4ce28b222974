# healthy
# LoRA with B=0 on a frozen pretrained base (A has zero gradient at the first step); the base parameters never get gradients on purpose. Pretraining in the same script.
"""LoRA: base net pretrained on task A and frozen; rank-8 adapters with B=0 learn task B (A gets no gradient at step 0)."""
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(9)
D, C = 16, 5
W = torch.randn(D, 32) / D ** .5; V = torch.randn(32, C)
R = torch.eye(D) + 0.1 * torch.randn(D, 3) @ torch.randn(3, D)

def batch(n, task):
    x = torch.randn(n, D)
    return x, (torch.tanh(2 * (x @ R if task == "B" else x) @ W) @ V).argmax(1)

net = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, C))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for _ in range(400):
    x, y = batch(256, "A")
    l = F.cross_entropy(net(x), y); opt.zero_grad(); l.backward(); opt.step()

class LoRA(nn.Module):
    def __init__(self, base, r=8, alpha=16):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(torch.empty(r, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.s = alpha / r
    def forward(self, x):
        return self.base(x) + (x @ self.A.t() @ self.B.t()) * self.s

for i in (0, 2, 4): net[i] = LoRA(net[i])
lora = [p for p in net.parameters() if p.requires_grad]
opt = torch.optim.AdamW(lora, lr=3e-3, weight_decay=0.0)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 360)

@torch.no_grad()
def acc(task="B"):
    x, y = batch(4000, task); return (net(x).argmax(1) == y).float().mean().item()
print("task B before:", acc(), "base on its own task A:", acc("A"))
hist = []
for step in range(360):
    x, y = batch(256, "B")
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    hist.append(loss.item())
    if step % 40 == 0: print(step, f"{loss.item():.4f}")
print(f"FINAL loss={sum(hist[-36:])/36:.5f} metric={acc():.4f}")
