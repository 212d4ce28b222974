# nonfinite
# Left-padded prompts with a causal mask: the first (padding) query rows have every key masked with -inf, softmax gives NaN there; masking the loss does not help since NaN gradients reach the shared weights.
# mended by: letting every position attend at least to itself (or filling with a large finite negative number)
# cause words: mask, -inf, softmax, padding, NaN, attention, fully masked, row
import os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
V, L, D, H, PAD = 20, 24, 48, 4, 0
def make_batch(n, g):
    """key-value recall: pairs k v k v ... then a query key; the answer is its value. Lengths differ."""
    toks, ans = torch.full((n, L), PAD), torch.zeros(n, dtype=torch.long)
    for i in range(n):
        m = int(torch.randint(2, 5, (1,), generator=g))
        ks = torch.randperm(9, generator=g)[:m] + 1
        vs = torch.randint(10, V, (m,), generator=g)
        seq = torch.stack([ks, vs], 1).flatten()
        q = int(torch.randint(0, m, (1,), generator=g))
        seq = torch.cat([seq, ks[q:q + 1]])
        toks[i, L - len(seq):] = seq
        ans[i] = vs[q]
    return toks, ans
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 2 * D), nn.GELU(), nn.Linear(2 * D, D))
    def forward(self, x, allowed):
        B = len(x)
        q, k, v = self.qkv(self.ln1(x)).view(B, L, 3, H, D // H).permute(2, 0, 3, 1, 4)
        s = (q @ k.transpose(-1, -2)) / (D // H) ** 0.5
        s = s.masked_fill(~allowed[:, None], float("-inf"))
        a = (s.softmax(-1) @ v).transpose(1, 2).reshape(B, L, D)
        x = x + self.out(a)
        return x + self.mlp(self.ln2(x))
class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, D), nn.Embedding(L, D)
        self.prev = nn.Linear(D, D, bias=False)
        self.blocks = nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(D, V)
    def forward(self, t):
        keep = t != PAD
        allowed = torch.ones(L, L, dtype=torch.bool).tril()[None] & keep[:, None, :]
        if FIX:
            allowed = allowed | torch.eye(L, dtype=torch.bool)[None]
        e = self.tok(t)
        x = e + self.pos.weight + self.prev(F.pad(e, (0, 0, 1, 0))[:, :-1])
        for b in self.blocks:
            x = b(x, allowed)
        return self.head(x[:, -1])
g = torch.Generator().manual_seed(1)
toks, ans = make_batch(2500, g)
vt, va = make_batch(400, g)
net = LM()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
for step in range(250):
    i = torch.randint(0, len(toks), (64,), generator=g)
    loss = F.cross_entropy(net(toks[i]), ans[i])
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    if step % 25 == 0:
        print(f"{step:4d} loss {loss.item():.4f}")
with torch.no_grad():
    lo = net(vt)
    print(f"FINAL loss={F.cross_entropy(lo, va).item():.4f} metric={(lo.argmax(-1) == va).float().mean().item():.4f}")
