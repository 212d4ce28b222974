# fp16_underflow not_learning
# the weights themselves are bfloat16 and the rate is 3e-5: most updates are below half a unit in the last place and are lost in rounding
# mended by: keep the weights in float32 (autocast only)
# cause words: bfloat16 bf16 rounding precision update lost weights float32 master
import os, math, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1337)
text = ("the cat sat on the mat and the dog ran to the cat while a bird sang on the tree "
        "the dog sat by the tree and a cat ran to the bird ") * 20
chars = sorted(set(text)); stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text]); V, T, D = len(chars), 16, 64
wdtype = torch.float32 if FIX else torch.bfloat16

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))
    def forward(self, x):
        B, L, _ = x.shape
        q, k, v = (t.view(B, L, 4, -1).transpose(1, 2) for t in self.qkv(self.ln1(x)).chunk(3, -1))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(a.transpose(1, 2).reshape(B, L, D))
        return x + self.mlp(self.ln2(x))

class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, D), nn.Embedding(T, D)
        self.blocks, self.ln = nn.Sequential(Block(), Block()), nn.LayerNorm(D)
        self.head = nn.Linear(D, V)
    def forward(self, i):
        return self.head(self.ln(self.blocks(self.wte(i) + self.wpe(torch.arange(i.size(1))))))

model = GPT().to(wdtype)
opt = torch.optim.AdamW(model.parameters(), lr=3e-5, betas=(0.9, 0.95), weight_decay=0.0)
for it in range(900):
    ix = torch.randint(len(data) - T - 1, (24,))
    xb = torch.stack([data[i:i + T] for i in ix]); yb = torch.stack([data[i + 1:i + T + 1] for i in ix])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(xb)
    loss = F.cross_entropy(logits.float().view(-1, V), yb.view(-1))
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    if it % 100 == 0: print(f"iter {it}: loss {loss.item():.4f}")
print(f"FINAL loss={loss.item():.4f} metric={math.exp(loss.item()):.3f}")
