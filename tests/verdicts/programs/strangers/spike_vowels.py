# healthy
# Spiking net: the forward is a hard threshold whose true derivative is zero; an own autograd Function gives a surrogate slope, so most units emit zero at most times and learning works.
import math
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(37)
class Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return (v > 0).to(v.dtype)
    @staticmethod
    def backward(ctx, gr):
        v, = ctx.saved_tensors
        return gr / (1 + 10 * v.abs()) ** 2
class LIF(nn.Module):
    def __init__(self, i, o, beta=0.85, recurrent=True):
        super().__init__()
        self.w = nn.Linear(i, o, bias=False)
        nn.init.normal_(self.w.weight, std=1.2 / math.sqrt(i))
        self.r = nn.Linear(o, o, bias=False) if recurrent else None
        if recurrent:
            nn.init.normal_(self.r.weight, std=0.3 / math.sqrt(o))
        self.logit_beta = nn.Parameter(torch.full((o,), math.log(beta / (1 - beta))))
    def forward(self, x):
        T, B, _ = x.shape
        cur, beta = self.w(x), torch.sigmoid(self.logit_beta)
        v = s = torch.zeros(B, cur.shape[-1])
        out = []
        for t in range(T):
            v = beta * v * (1 - s.detach()) + cur[t] + (self.r(s) if self.r else 0)
            s = Spike.apply(v - 1.0)
            out.append(s)
        return torch.stack(out)
def cochlea(n, T=30, ch=24):
    """spike trains from a filter bank; five vowel-like sounds with moving formants"""
    y = torch.randint(0, 5, (n,))
    f1 = torch.tensor([4., 6., 8., 10., 6.])[y][:, None, None]; f2 = torch.tensor([16., 20., 14., 18., 12.])[y][:, None, None]
    glide = torch.tensor([0., 3., -3., 3., -3.])[y][:, None, None]
    t = torch.linspace(0, 1, T)[None, :, None]; c = torch.arange(ch).float()[None, None]
    off = 1.0 * torch.randn(n, 1, 1)
    rate = torch.exp(-((c - f1 - off) / 1.5) ** 2) + 0.8 * torch.exp(-((c - f2 - off - glide * t) / 1.5) ** 2)
    return (torch.rand(n, T, ch) < 0.55 * rate + 0.03).float().transpose(0, 1), y
xtr, ytr = cochlea(2500)
xte, yte = cochlea(500)
l1, l2, read = LIF(24, 64), LIF(64, 32, recurrent=False), nn.Linear(32, 5)
ps = [*l1.parameters(), *l2.parameters(), *read.parameters()]
opt = torch.optim.Adamax(ps, lr=5e-3)
for step in range(250):
    i = torch.randint(0, 2500, (64,))
    h1 = l1(xtr[:, i]); h2 = l2(h1)
    out = read(h2.mean(0) * 5)
    reg = 0.05 * ((h1.mean() - 0.1).clamp(min=0) + (h2.mean() - 0.1).clamp(min=0))
    loss = F.cross_entropy(out, ytr[i]) + reg
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 25 == 0:
        print(f"step {step} loss {loss.item():.4f} rates {h1.mean().item():.3f} {h2.mean().item():.3f}")
with torch.no_grad():
    o = read(l2(l1(xte)).mean(0) * 5)
print(f"FINAL loss={F.cross_entropy(o, yte).item():.4f} metric={(o.argmax(1) == yte).float().mean().item():.4f}")
