# healthy
# gradient accumulation over four micro-batches of padded sequences, clipping at 1.0 acts on nearly every step during the warm-up and sometimes later; the loss is noisy per micro-batch
from dataclasses import dataclass
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence
torch.manual_seed(40)
@dataclass
class Args:
    lr: float = 2e-3
    accum: int = 4
    micro: int = 16
    steps: int = 250
    warmup: int = 40
    clip: float = 1.0
a = Args()
def batch(n):
    xs, ys = [], []
    for _ in range(n):
        L = int(torch.randint(4, 18, (1,))); x = torch.randint(1, 12, (L,))
        xs.append(x); ys.append(int(((x > 6).sum() * 2 > L)))
    return pad_sequence(xs, batch_first=True), torch.tensor(ys)
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.pos = nn.Embedding(12, 32, padding_idx=0), nn.Embedding(20, 32)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True, norm_first=True), 2, enable_nested_tensor=False)
        self.fc = nn.Linear(32, 2)
    def forward(self, x):
        pad = x == 0
        h = self.enc(self.emb(x) * 5 + self.pos(torch.arange(x.shape[1])), src_key_padding_mask=pad)
        return self.fc(h.masked_fill(pad[..., None], 0).sum(1) / (~pad).sum(1, keepdim=True))
model = Model(); opt = torch.optim.AdamW(model.parameters(), lr=a.lr, weight_decay=0.01)
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / a.warmup, 1 - s / (a.steps + 1)))
clipped = 0
for s in range(a.steps):
    opt.zero_grad(); tot = 0
    for _ in range(a.accum):
        x, y = batch(a.micro); loss = F.cross_entropy(model(x), y) / a.accum; loss.backward(); tot += loss.item()
    clipped += nn.utils.clip_grad_norm_(model.parameters(), a.clip).item() > a.clip
    opt.step(); sched.step()
    if s % 25 == 0: print(s, f"loss {tot:.4f} clipped so far {clipped}")
model.eval()
with torch.no_grad():
    x, y = batch(1000); acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={tot:.4f} metric={acc:.4f}")
