# clipping_dominates miswired
# clip_grad_norm_ runs on the still scaled gradients (scaler.unscale_ is missing): the clip at 1.0 acts on gradients 65536 times too big
# mended by: scaler.unscale_(optimizer) before clipping
# cause words: unscale scaler GradScaler scaled clip
import os, torch, torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
class Trainer:
    def __init__(self, model, loader, lr=0.1, max_norm=1.0):
        self.model, self.loader, self.max_norm = model, loader, max_norm
        self.optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0 ** 16)
        self.criterion = nn.CrossEntropyLoss()
    def train_one_epoch(self):
        self.model.train(); total = 0.0
        for x, y in self.loader:
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = self.model(x)
            loss = self.criterion(logits.float(), y)
            self.scaler.scale(loss).backward()
            if FIX:
                self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
            self.scaler.step(self.optimizer)
            self.scaler.update()
            total += loss.item()
        return total / len(self.loader)
    @torch.no_grad()
    def evaluate(self, x, y):
        self.model.eval()
        return (self.model(x).argmax(1) == y).float().mean().item()
protos = torch.randn(10, 50)
def make(n):
    y = torch.randint(0, 10, (n,))
    return protos[y] + torch.randn(n, 50), y
x, y = make(3000); xv, yv = make(800)
model = nn.Sequential(nn.Linear(50, 128), nn.GELU(), nn.Linear(128, 128), nn.GELU(), nn.Linear(128, 10))
trainer = Trainer(model, DataLoader(TensorDataset(x, y), 64, shuffle=True), lr=0.02)
for ep in range(8):
    l = trainer.train_one_epoch()
    print(f"[{ep}] train loss {l:.4f}  val acc {trainer.evaluate(xv, yv):.3f}")
print(f"FINAL loss={l:.4f} metric={trainer.evaluate(xv, yv):.4f}")
