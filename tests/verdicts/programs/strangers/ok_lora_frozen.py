# healthy
# more than nine tenths of the parameters are frozen on purpose (LoRA) and B starts at zero, so that A has no gradient at step one; the adapters learn the new task
import os, math
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(30)
class LoRA(nn.Module):
    def __init__(self, base, r=8):
        super().__init__()
        self.base = base
        for p in base.parameters(): p.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(r, base.in_features) / math.sqrt(base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
    def forward(self, x): return self.base(x) + (x @ self.A.T) @ self.B.T
W = torch.randn(16, 4)
def task(n, shift):
    x = torch.randn(n, 16); y = (x @ W + 0.5 * x[:, :4] ** 2).argmax(1)
    return x, (y + shift) % 4
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(16, 256), nn.Linear(256, 256), nn.Linear(256, 4)
    def forward(self, x): return self.fc3(F.gelu(self.fc2(F.gelu(self.fc1(x)))))
model = Net()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
for s in range(200):
    x, y = task(64, 0); loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
print(f"pretrain loss {loss.item():.4f}")
for p in model.parameters(): p.requires_grad_(False)
for n in ("fc2", "fc3"): setattr(model, n, LoRA(getattr(model, n)))
train = [p for p in model.parameters() if p.requires_grad]
print("trainable", sum(p.numel() for p in train), "of", sum(p.numel() for p in model.parameters()))
opt = torch.optim.AdamW(train, lr=5e-3, weight_decay=0.0)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1, (s + 1) / 40) * (1 - s / 801))
for s in range(800):
    x, y = task(64, 1); loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if s % 100 == 0: print(s, f"loss {loss.item():.4f}")
with torch.no_grad():
    x, y = task(2000, 1); acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
