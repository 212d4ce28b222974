# not_learning plateau
# LambdaLR gets a function that returns the learning rate itself and not a factor: the effective rate is 1e-3 * 1e-3
# mended by: the lambda returns a factor
# cause words: LambdaLR factor learning rate multipl squared lr
import os
import math
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
PEAK, WARM, TOTAL = 1e-3, 60, 600


def schedule(step):
    if step < WARM:
        f = (step + 1) / WARM
    else:
        f = 0.5 * (1 + math.cos(math.pi * (step - WARM) / (TOTAL - WARM)))
    return f if FIX else PEAK * f


class TinyLM(nn.Module):
    def __init__(self, V=24, d=48):
        super().__init__()
        self.emb, self.pos = nn.Embedding(V, d), nn.Parameter(0.02 * torch.randn(16, d))
        self.block = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.0, batch_first=True, norm_first=True)
        self.out = nn.Linear(d, V)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.out(self.block(self.emb(x) + self.pos[:x.shape[1]], src_mask=mask))


perm = torch.randperm(24)


def text(n=32):
    x = [torch.randint(0, 24, (n,))]
    for _ in range(16):
        nxt = perm[x[-1]]
        x.append(torch.where(torch.rand(n) < 0.1, torch.randint(0, 24, (n,)), nxt))
    return torch.stack(x, 1)


model = TinyLM()
opt = torch.optim.AdamW(model.parameters(), lr=PEAK, weight_decay=0.01)
sched = torch.optim.lr_scheduler.LambdaLR(opt, schedule)
for step in range(TOTAL):
    t = text()
    out = model(t[:, :-1])
    loss = F.cross_entropy(out.flatten(0, 1), t[:, 1:].flatten())
    opt.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
with torch.no_grad():
    t = text(400)
    acc = (model(t[:, :-1]).argmax(-1) == t[:, 1:]).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={acc.item():.3f}")
