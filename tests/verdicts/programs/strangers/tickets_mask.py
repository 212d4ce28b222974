# miswired
# key_padding_mask is True at the real tokens; MultiheadAttention ignores the True positions, so it looks at the padding only
# mended by: the mask is tokens == PAD
# cause words: mask inverted padding True ignored key_padding_mask attention
import os, torch, torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
PAD, V, L = 0, 120, 18

def tickets(n):
    y = torch.randint(0, 8, (n,))
    x = torch.randint(1, V, (n, L))
    x[(x > 10) & (x < 51)] += 50
    lens = torch.randint(8, L - 1, (n,))
    for i in range(n):
        w = 11 + y[i] * 5 + torch.randint(0, 5, (2,))
        spots = torch.randperm(lens[i].item())[:2]
        x[i, spots] = w
        x[i, lens[i]:] = PAD
    return x, y

class Router(nn.Module):
    def __init__(self, d=40):
        super().__init__()
        self.emb = nn.Embedding(V, d, padding_idx=PAD)
        self.att = nn.MultiheadAttention(d, 4, batch_first=True)
        self.query = nn.Parameter(torch.randn(1, 1, d))
        self.out = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 8))
    def forward(self, x):
        e = self.emb(x)
        mask = (x == PAD) if FIX else (x != PAD)
        ctx, _ = self.att(self.query.expand(len(x), -1, -1), e, e, key_padding_mask=mask)
        return self.out(ctx[:, 0])

X, y = tickets(2400); Xv, yv = tickets(400)
net = Router()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for ep in range(15):
    tot = 0.0
    for k in torch.randperm(2400).split(60):
        loss = nn.functional.cross_entropy(net(X[k]), y[k])
        opt.zero_grad(); loss.backward(); opt.step()
        tot += loss.item() / 40
    if ep % 3 == 0: print(ep, round(tot, 4))
with torch.no_grad():
    acc = (net(Xv).argmax(1) == yv).float().mean().item()
print(f"FINAL loss={tot:.4f} metric={acc:.4f}")
