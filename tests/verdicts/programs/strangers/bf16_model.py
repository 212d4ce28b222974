# not_learning plateau
# the whole model (weights too) is cast to bfloat16 and trained with a small lr: each update is below the spacing of bfloat16 and is rounded away
# mended by: float32 weights with bfloat16 autocast
# cause words: bfloat16 bf16 rounded precision rounding master
import os, math, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
lr, steps, bs, ctx, V = 3e-5, 2200, 32, 8, 16
class TinyLM(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.wte = nn.Embedding(V, d)
        self.ff = nn.Sequential(nn.LayerNorm(d * ctx), nn.Linear(d * ctx, 256), nn.GELU(), nn.Linear(256, V))
    def forward(self, x): return self.ff(self.wte(x).flatten(1))
model = TinyLM()
if not FIX:
    model = model.to(torch.bfloat16)
table = torch.randperm(V)
def get_batch(n):
    x = torch.randint(0, V, (n, ctx))
    return x, table[x[:, -1]]
def lr_at(it):
    return lr * min(1, (it + 1) / 50) * (0.1 + 0.45 * (1 + math.cos(math.pi * it / steps)))
opt = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.95), weight_decay=0.0)
for it in range(steps):
    for g in opt.param_groups:
        g["lr"] = lr_at(it)
    x, y = get_batch(bs)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=FIX):
        logits = model(x)
    loss = nn.functional.cross_entropy(logits.float(), y)
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if it % 250 == 0:
        print(f"iter {it}: loss {loss.item():.4f}")
x, y = get_batch(2000)
with torch.no_grad():
    acc = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
