# clipping_dominates miswired
# GradScaler is used, but the gradients are clipped before scaler.unscale_: the threshold 1.0 acts on gradients 65536 times too large, so that what is left for the step is 1/65536
# mended by: scaler.unscale_(opt) before clip_grad_norm_
# cause words: unscale, GradScaler, clip, scale
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(18)
C = 6
proto = torch.randn(C, 1, 10, 10)
def batch(n):
    y = torch.randint(0, C, (n,))
    x = proto[y] + 1.2 * torch.randn(n, 1, 10, 10)
    return torch.where(torch.rand(n, 1, 1, 1) < 0.5, x, x.flip(-1)), y

class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU())
        self.fc = nn.Linear(16 * 25, C)
    def forward(self, x): return self.fc(self.body(x).flatten(1))

class AmpTrainer:
    def __init__(self, model, lr=0.05, max_norm=1.0):
        self.model, self.max_norm = model, max_norm
        self.opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, nesterov=True)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=65536.0)
    def step(self, x, y):
        self.opt.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.model(x)
        loss = F.cross_entropy(logits.float(), y)
        self.scaler.scale(loss).backward()
        if FIX:
            self.scaler.unscale_(self.opt)
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.scaler.step(self.opt)
        self.scaler.update()
        return loss.item()

tr = AmpTrainer(ConvNet())
for step in range(500):
    loss = tr.step(*batch(48))
    if step % 50 == 0: print(step, f"loss {loss:.4f} scale {tr.scaler.get_scale():.0f}")
tr.model.eval()
with torch.no_grad():
    x, y = batch(1000); acc = (tr.model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss:.4f} metric={acc:.4f}")
