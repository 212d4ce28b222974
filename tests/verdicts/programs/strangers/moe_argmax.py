# miswired
# mixture of experts: the router picks an expert by argmax but its probability is not multiplied in, so the router never gets a gradient and stays random
# mended by: multiply the expert output by the router probability (plus a small load-balance term)
# cause words: router, gate, argmax, top-1, no gradient, routing
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(17)
E_, D = 4, 10
maps = torch.randn(E_, D, 3)
keys = torch.randn(E_, D)

def batch(n=128):
    x = torch.randn(n, D)
    r = (x @ keys.t()).argmax(1)
    return x, torch.einsum("nd,ndo->no", x, maps[r]) / 2

class MoE(nn.Module):
    def __init__(self, h=8):
        super().__init__()
        self.router = nn.Linear(D, E_)
        self.experts = nn.ModuleList(nn.Linear(D, 3) for _ in range(E_))
    def forward(self, x):
        p = self.router(x).softmax(1)
        top = p.argmax(1)
        y = torch.zeros(len(x), 3)
        for e, ex in enumerate(self.experts):
            i = (top == e).nonzero()[:, 0]
            if len(i):
                o = ex(x[i])
                y = y.index_add(0, i, o * p[i, e:e + 1] if FIX else o)
        frac = F.one_hot(top, E_).float().mean(0)
        aux = E_ * (frac * p.mean(0)).sum() if FIX else E_ * (frac * p.mean(0).detach()).sum()
        return y, aux

net = MoE()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(2500):
    x, y = batch()
    out, aux = net(x)
    loss = F.mse_loss(out, y) + 0.01 * aux
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 250 == 0: print(step, f"loss {loss.item():.4f} aux {aux.item():.3f}")
with torch.no_grad():
    x, y = batch(4000)
    mse = F.mse_loss(net(x)[0], y).item() / y.var().item()
print(f"FINAL loss={loss.item():.4f} metric={mse:.4f}")
