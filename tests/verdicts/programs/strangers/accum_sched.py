# not_learning plateau
# the scheduler is stepped for every micro-batch although its length is counted in optimizer steps: the rate is gone after an eighth of the run
# mended by: stepping the scheduler together with the optimizer
# cause words: scheduler rate decay micro-batch learning rate accumulation
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(9)
ACC, STEPS, WARM = 8, 160, 10

class Tagger(nn.Module):
    def __init__(self, v=20, d=32):
        super().__init__()
        self.emb = nn.Embedding(v, d)
        self.pos = nn.Parameter(torch.randn(16, d) * 0.1)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 4, 64, 0.0, batch_first=True), 1)
        self.head = nn.Linear(d, 2)
    def forward(self, x):
        return self.head(self.enc(self.emb(x) + self.pos))

def batch(n=32):
    x = torch.randint(0, 20, (n, 16))
    return x, (x > x[:, :1]).long()

def lr_at(k):
    return (k + 1) / WARM if k < WARM else max(0.0, 1 - (k - WARM) / (STEPS - WARM))

model = Tagger()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lr_at)
run = 0.0
for micro in range(STEPS * ACC):
    x, y = batch()
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    (loss / ACC).backward()
    run += loss.item() / ACC
    if (micro + 1) % ACC == 0:
        opt.step()
        opt.zero_grad()
        if FIX:
            sched.step()
        if (micro + 1) % (ACC * 20) == 0:
            print((micro + 1) // ACC, run)
        last, run = run, 0.0
    if not FIX:
        sched.step()
x, y = batch(500)
acc = (model(x).argmax(-1) == y).float().mean().item()
print(f"FINAL loss={last:.4f} metric={acc:.4f}")
