# healthy
# nanoGPT-like: bfloat16 autocast, gradient accumulation (zero_grad only every 4th backward), a clip at 1.0 that acts on a minority of steps; the loss falls in stairs
import math, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(48)
V, D, T, B, ACC, ITERS = 16, 48, 16, 16, 4, 350
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1, self.l2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))
    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.l1(x)).view(b, t, 3, 4, D // 4).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, D)
        x = x + self.proj(y)
        return x + self.mlp(self.l2(x))
class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, D), nn.Embedding(T, D)
        self.h = nn.Sequential(Block(), Block()); self.ln = nn.LayerNorm(D)
        self.head = nn.Linear(D, V, bias=False); self.head.weight = self.wte.weight
        nn.init.normal_(self.wte.weight, std=0.02)
    def forward(self, i): return self.head(self.ln(self.h(self.wte(i) + self.wpe(torch.arange(i.shape[1])))))
table = torch.randint(0, V, (V, V))
def get_batch():
    s = torch.randint(0, V, (B, T + 1))
    for t in range(2, T + 1): s[:, t] = table[s[:, t - 1], s[:, t - 2]]
    return s[:, :-1], s[:, 1:]
model = GPT()
opt = torch.optim.AdamW(model.parameters(), lr=6e-3, betas=(0.9, 0.95), weight_decay=0.1)
for it in range(ITERS):
    for g in opt.param_groups: g["lr"] = 6e-3 * min((it + 1) / 40, 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * it / ITERS)))
    for micro in range(ACC):
        x, y = get_batch()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(x)
        loss = F.cross_entropy(logits.float().flatten(0, 1), y.flatten()) / ACC
        loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step(); opt.zero_grad(set_to_none=True)
    if it % 50 == 0: print(f"iter {it} loss {loss.item() * ACC:.4f}")
x, y = get_batch()
acc = (model(x)[:, 2:].argmax(-1) == y[:, 2:]).float().mean().item()
print(f"FINAL loss={loss.item() * ACC:.4f} metric={acc:.4f}")
