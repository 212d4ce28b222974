# plateau not_learning
# linear warm-up by LambdaLR starts at factor 0 and the scheduler is only stepped in the branch of the gradient accumulation that is never reached: the learning rate stays 0
# mended by: scheduler.step() after every optimizer step
# cause words: scheduler learning rate lr warmup zero step
import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, T = 40, 16
good, bad = list(range(2, 8)), list(range(8, 14))


def batch(n=32):
    x = torch.randint(14, V, (n, T))
    y = torch.randint(0, 2, (n,))
    for i in range(n):
        words = torch.tensor(good if y[i] else bad)
        where = torch.randperm(T)[:3]
        x[i, where] = words[torch.randint(0, 6, (3,))]
    return x, y


class Classifier(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(V, d)
        self.enc = nn.TransformerEncoderLayer(d, 4, 64, dropout=0.1, batch_first=True)
        self.cls = nn.Linear(d, 2)

    def forward(self, x):
        return self.cls(self.enc(self.emb(x)).mean(1))


def lr_lambda(step, warm=40, total=500):
    if step < warm:
        return step / warm
    return 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))


model = Classifier()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_lambda)
opt.step()
LOG_EVERY, accum = 100, 1
run = 0.0
for step in range(500):
    x, y = batch()
    loss = F.cross_entropy(model(x), y) / accum
    loss.backward()
    opt.step()
    if FIX or step % accum != 0:
        sched.step()
    opt.zero_grad()
    run = 0.98 * run + 0.02 * loss.item() if step else loss.item()
    if step % LOG_EVERY == 0:
        print(f"step {step} loss {run:.4f}")
model.eval()
x, y = batch(500)
acc = (model(x).argmax(1) == y).float().mean()
print(f"FINAL loss={run:.4f} metric={acc:.3f}")
