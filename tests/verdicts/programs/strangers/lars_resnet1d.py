# plateau not_learning vanishing_gradient
# Own LARS: trust ratio = |w|/|g| is 0 for the zero-initialised head, which therefore never moves; with a zero head no gradient reaches any other layer and the loss stays at log(classes).
# mended by: using a trust ratio of 1 when |w| (or |g|) is zero
# cause words: trust ratio, LARS, zero init, zero norm, head, never moves, weight norm
import math, os
import torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)
class LARS(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=1e-4, eta=0.02):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, eta=eta))
    @torch.no_grad()
    def step(self):
        for gr in self.param_groups:
            for p in gr["params"]:
                if p.grad is None:
                    continue
                d = p.grad.add(p, alpha=gr["weight_decay"])
                wn, gn = p.norm(), d.norm()
                trust = gr["eta"] * wn / (gn + 1e-9)
                if FIX:
                    trust = torch.where((wn > 0) & (gn > 0), trust, torch.ones_like(trust))
                buf = self.state[p].setdefault("mu", torch.zeros_like(p))
                buf.mul_(gr["momentum"]).add_(d * trust, alpha=gr["lr"])
                p.sub_(buf)
class Res(nn.Module):
    def __init__(self, c, dil):
        super().__init__()
        self.a = nn.Conv1d(c, c, 3, padding=dil, dilation=dil, bias=False)
        self.b = nn.Conv1d(c, c, 1, bias=False)
        self.norm = nn.BatchNorm1d(c)
    def forward(self, x):
        return x + self.b(F.relu(self.norm(self.a(x))))
class Net(nn.Module):
    def __init__(self, c=24, k=6):
        super().__init__()
        self.stem = nn.Conv1d(2, c, 5, padding=2, bias=False)
        self.body = nn.Sequential(*[Res(c, 2 ** i) for i in range(4)])
        self.head = nn.Linear(2 * c, k)
        nn.init.zeros_(self.head.weight); nn.init.zeros_(self.head.bias)
    def forward(self, x):
        h = self.body(self.stem(x))
        return self.head(torch.cat([h.mean(-1), h.amax(-1)], 1))
def iq(n):
    """six digital modulations as I/Q samples"""
    y = torch.randint(0, 6, (n,))
    t = torch.arange(64).float()
    order = torch.tensor([2, 4, 8, 2, 4, 1])[y]
    sym = (torch.rand(n, 16) * order[:, None]).floor() / order[:, None]
    ph = 2 * math.pi * sym.repeat_interleave(4, 1)
    fsk = (y == 3) | (y == 4)
    ph = torch.where(fsk[:, None], torch.cumsum((sym * 2 - .5).repeat_interleave(4, 1), 1) * 0.9, ph)
    ph = ph + 2 * math.pi * torch.rand(n, 1) + 0.02 * torch.randn(n, 1) * t
    return torch.stack([ph.cos(), ph.sin()], 1) + 0.15 * torch.randn(n, 2, 64), y
xtr, ytr = iq(3000)
xte, yte = iq(800)
net = Net()
opt = LARS(net.parameters(), lr=0.5)
STEPS = 240
for step in range(STEPS):
    for gr in opt.param_groups:
        gr["lr"] = 0.5 * min(1, (step + 1) / 30) * 0.5 * (1 + math.cos(math.pi * step / STEPS))
    i = torch.randint(0, len(xtr), (96,))
    loss = F.cross_entropy(net(xtr[i]), ytr[i], label_smoothing=0.05)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 30 == 0:
        print(f"{step} {loss.item():.4f}")
net.eval()
with torch.no_grad():
    o = net(xte)
print(f"FINAL loss={F.cross_entropy(o, yte).item():.4f} metric={(o.argmax(1) == yte).float().mean().item():.4f}")
