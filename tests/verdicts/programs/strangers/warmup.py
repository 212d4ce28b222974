# not_learning plateau
# linear warm-up over 1000 steps, but scheduler.step() is called once an epoch: the learning rate never gets beyond 1 % of what was meant
# mended by: calling scheduler.step() after every optimizer step
# cause words: warm-up warmup scheduler learning rate lr epoch small
import os, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(24); torch.set_num_threads(1)

class PatchViT(nn.Module):
    def __init__(self, d=32, k=4):
        super().__init__()
        self.patch = nn.Conv2d(1, d, 4, 4)
        self.pos, self.cls = nn.Parameter(0.02 * torch.randn(1, 10, d)), nn.Parameter(torch.zeros(1, 1, d))
        enc = nn.TransformerEncoderLayer(d, 4, 64, 0.0, batch_first=True, norm_first=True)
        self.enc = nn.TransformerEncoder(enc, 2, enable_nested_tensor=False)
        self.head = nn.Linear(d, k)
    def forward(self, x):
        p = self.patch(x).flatten(2).transpose(1, 2)
        h = torch.cat([self.cls.expand(len(x), -1, -1), p], 1) + self.pos
        return self.head(self.enc(h)[:, 0])

def shapes(n):
    y = torch.randint(0, 4, (n,)); x = 0.5 * torch.randn(n, 1, 12, 12)
    for i in range(n):
        a, b = torch.randint(0, 6, (2,)).tolist()
        if y[i] == 0: x[i, 0, a:a + 6, b] += 2; x[i, 0, a:a + 6, b + 5] += 2
        if y[i] == 1: x[i, 0, a, b:b + 6] += 2; x[i, 0, a + 5, b:b + 6] += 2
        if y[i] == 2: x[i, 0, range(a, a + 6), range(b, b + 6)] += 3
        if y[i] == 3: x[i, 0, range(a, a + 6), range(b + 5, b - 1, -1)] += 3
    return x, y

def warmup_cosine(total, warm=1000, final=0.1):
    def f(step):
        if step < warm:
            return step / warm
        return max(final, 1 - (step - warm) / max(1, total - warm))
    return f

train, val = TensorDataset(*shapes(2560)), shapes(500)
loader = DataLoader(train, batch_size=32, shuffle=True, drop_last=True)
EPOCHS = 20
model = PatchViT()
opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
sched = torch.optim.lr_scheduler.LambdaLR(opt, warmup_cosine(EPOCHS * len(loader), 1000 if not FIX else 1000))
for ep in range(EPOCHS):
    tot = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y, label_smoothing=0.05)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        if FIX:
            sched.step()
        tot += loss.item()
    if not FIX:
        sched.step()
    with torch.no_grad():
        acc = (model(val[0]).argmax(1) == val[1]).float().mean().item()
    if ep % 2 == 0:
        print(f"epoch {ep} loss {tot / len(loader):.4f} val acc {acc:.3f}")
print(f"FINAL loss={tot / len(loader):.4f} metric={acc:.4f}")
