# badly_scaled saturated
# nn.Embedding keeps its N(0,1) init and is tied to the output head: logits at the start have a std of sqrt(d), the loss begins far above log(V), softmax is pinned and the steps only repair the scale.
# mended by: initialising the tied embedding with std 0.02 (or scaling the logits by 1/sqrt(d))
# cause words: tied, embedding, init, logits, scale, std, initial loss, softmax
import math, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(5)
V, T, D = 300, 24, 160
g = torch.Generator().manual_seed(2)
# a sparse second-order process over a Zipf-like vocabulary
prior = 1.0 / torch.arange(1, V + 1).float()
succ = torch.multinomial(prior, V * 4, replacement=True, generator=g).view(V, 4)
def corpus(n):
    out = torch.empty(n, dtype=torch.long)
    a = 0
    choice = torch.multinomial(torch.tensor([.7, .15, .1, .05]), n, replacement=True, generator=g)
    jump = torch.rand(n, generator=g) < 0.05
    rnd = torch.randint(0, V, (n,), generator=g)
    for i in range(n):
        a = int(rnd[i]) if jump[i] else int(succ[a, choice[i]])
        out[i] = a
    return out
data = corpus(30000)
train, val = data[:27000], data[27000:]
class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(V, D)
        self.conv = nn.Conv1d(D, D, 3)
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.ff = nn.Sequential(nn.Linear(D, 2 * D), nn.GELU(), nn.Linear(2 * D, D))
        self.lm_head = nn.Linear(D, V, bias=False)
        self.apply(self._init)
        self.lm_head.weight = self.wte.weight
    def _init(self, m):
        if isinstance(m, (nn.Linear, nn.Embedding) if FIX else nn.Linear):
            nn.init.normal_(m.weight, std=0.02)
            if getattr(m, "bias", None) is not None:
                nn.init.zeros_(m.bias)
    def forward(self, t):
        x = self.wte(t)
        x = x + self.conv(F.pad(self.ln1(x).transpose(1, 2), (2, 0))).transpose(1, 2)
        x = x + self.ff(self.ln2(x))
        return self.lm_head(x)
net = LM()
opt = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.1)
for step in range(300):
    i = torch.randint(0, len(train) - T - 1, (16,), generator=g)
    xb = torch.stack([train[j:j + T] for j in i]); yb = torch.stack([train[j + 1:j + T + 1] for j in i])
    loss = F.cross_entropy(net(xb).reshape(-1, V), yb.reshape(-1))
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 30 == 0:
        print(f"step {step:4d} loss {loss.item():.3f} (uniform {math.log(V):.3f})")
with torch.no_grad():
    n = (len(val) - 1) // T * T
    x, y = val[:n].view(-1, T), val[1:n + 1].view(-1, T)
    lo = net(x)
    ce = F.cross_entropy(lo.reshape(-1, V), y.reshape(-1)).item()
    print(f"FINAL loss={ce:.4f} metric={(lo.argmax(-1) == y).float().mean().item():.4f}")
