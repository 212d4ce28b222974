# miswired not_learning
# the evaluation copies the EMA weights into the model (apply_shadow) and forgets to restore the trained ones: every ten steps training falls back to the slow average
# mended by: ema.restore(model) after the evaluation
# cause words: EMA, restore, shadow, average, eval, copy
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)

class EMA:
    def __init__(self, model, decay=0.999):
        self.decay = decay
        self.shadow = {n: p.detach().clone() for n, p in model.named_parameters()}
    @torch.no_grad()
    def update(self, model):
        for n, p in model.named_parameters(): self.shadow[n].lerp_(p, 1 - self.decay)
    @torch.no_grad()
    def apply_shadow(self, model):
        self.backup = {n: p.detach().clone() for n, p in model.named_parameters()}
        for n, p in model.named_parameters(): p.copy_(self.shadow[n])
    @torch.no_grad()
    def restore(self, model):
        for n, p in model.named_parameters(): p.copy_(self.backup[n])

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(16, 16, 5, padding=2), nn.ReLU())
        self.fc = nn.Linear(16 * 16, 4)
    def forward(self, x): return self.fc(self.conv(x).flatten(1))

shapes = torch.randn(4, 9)
def batch(n):
    y = torch.randint(0, 4, (n,)); x = 0.7 * torch.randn(n, 1, 32)
    for i in range(n):
        s = torch.randint(0, 23, (1,)).item(); x[i, 0, s:s + 9] += 1.5 * shapes[y[i]]
    return x, y

@torch.no_grad()
def evaluate(model, ema, val):
    ema.apply_shadow(model); model.eval()
    acc = (model(val[0]).argmax(1) == val[1]).float().mean().item()
    model.train()
    if FIX: ema.restore(model)
    return acc

model = Net(); ema = EMA(model); val = batch(500)
opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
for step in range(1, 1601):
    x, y = batch(32)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); ema.update(model)
    if step % 10 == 0:
        acc = evaluate(model, ema, val)
        if step % 200 == 0: print(step, f"loss {loss.item():.4f} ema acc {acc:.3f}")
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
