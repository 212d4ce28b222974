# miswired
# the optimizer is built before the LoRA layers are injected: it holds the (then frozen) base weights and never sees the adapters
# mended by: inject first, then build the optimizer from the parameters that require a gradient
# cause words: optimizer, LoRA, adapter, before, parameters, frozen
import os, math
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)

class LoRALinear(nn.Module):
    def __init__(self, base, r=4, alpha=8):
        super().__init__()
        self.base, self.s = base, alpha / r
        self.A = nn.Parameter(torch.randn(r, base.in_features) / math.sqrt(base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, r))
    def forward(self, x): return self.base(x) + self.s * (x @ self.A.T) @ self.B.T

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(16, 64), nn.Linear(64, 64), nn.Linear(64, 4)
    def forward(self, x): return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

def inject(model):
    for p in model.parameters(): p.requires_grad_(False)
    for name in ("fc1", "fc2", "fc3"):
        setattr(model, name, LoRALinear(getattr(model, name)))

W = torch.randn(16, 4)
def task(n, shift=False):
    x = torch.randn(n, 16)
    y = (x @ W + 0.5 * x[:, :4] ** 2).argmax(1)
    return (x, (y + 1) % 4) if shift else (x, y)

def train(model, opt, steps, shift):
    for s in range(steps):
        x, y = task(64, shift)
        loss = F.cross_entropy(model(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
        if s % 150 == 0: print("finetune" if shift else "pretrain", s, f"loss {loss.item():.4f}")
    return loss.item()

model = Net()
train(model, torch.optim.AdamW(model.parameters(), lr=3e-3), 150, False)
opt = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=0.0)
inject(model)
if FIX:
    opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3, weight_decay=0.0)
last = train(model, opt, 900, True)
with torch.no_grad():
    x, y = task(2000, True); acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={last:.4f} metric={acc:.4f}")
