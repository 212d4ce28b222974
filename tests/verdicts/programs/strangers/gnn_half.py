# nonfinite
# message passing in float16: sum aggregation into hub nodes over unnormalised features passes 65504 and becomes inf, and the normalisation after it turns it to NaN
# mended by: aggregating in float32 (autocast region left for the sum)
# cause words: float16 half overflow 65504 fp16 range
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6); torch.set_num_threads(1)

def graph(hub, n=160):
    """communities of ring-neighbours plus a hub with `hub` incoming edges"""
    y = torch.randint(0, 4, (n,))
    src, dst = [], []
    for c in range(4):
        m = (y == c).nonzero().flatten()
        s = m[torch.randint(0, len(m), (len(m) * 4,))]; d = m.repeat(4)
        src.append(s); dst.append(d)
    h = torch.randint(0, n, (hub,)); src.append(h); dst.append(torch.zeros_like(h))
    x = torch.randn(n, 12)
    x[:, :4] += 0.8 * F.one_hot(y, 4)
    x[:, 4] = 400.0 + 120 * torch.rand(n)          # an account age in days, nobody rescaled it
    return x, torch.stack([torch.cat(src), torch.cat(dst)]), y

class SumConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.msg, self.self_ = nn.Linear(i, o), nn.Linear(i, o)
        self.norm = nn.LayerNorm(o)
    def forward(self, x, ei):
        m = self.msg(x)[ei[0]]
        if FIX:
            m = m.float()
        agg = torch.zeros(len(x), m.shape[1], dtype=m.dtype).index_add_(0, ei[1], m)
        return F.relu(self.norm(self.self_(x) + agg))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn = nn.Identity()
        self.c1, self.c2, self.head = SumConv(12, 48), SumConv(48, 48), nn.Linear(48, 4)
    def forward(self, x, ei):
        return self.head(self.c2(self.c1(x, ei), ei))

net = Net()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
for step in range(500):
    hub = 40 if torch.rand(()) < 0.99 else 1500     # a celebrity account is rare
    x, ei, y = graph(hub)
    with torch.autocast("cpu", dtype=torch.float16):
        out = net(x, ei)
    loss = F.cross_entropy(out.float(), y)
    opt.zero_grad()
    (loss * 256).backward()
    for p in net.parameters():
        p.grad /= 256
    opt.step()
    if step % 50 == 0:
        print(f"step {step} ce {loss.item():.4f} acc {(out.argmax(1) == y).float().mean():.3f}")
accs = []
with torch.no_grad():
    for _ in range(10):
        x, ei, y = graph(40)
        accs.append((net(x, ei).argmax(1) == y).float().mean().item())
print(f"FINAL loss={loss.item():.4f} metric={sum(accs) / 10:.4f}")
