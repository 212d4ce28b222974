# miswired
# the experts are picked by argmax and their output is not weighted by the gate, so the router gets no gradient and stays random
# mended by: weighting the experts by the gate probabilities (soft mixture)
# cause words: router gate argmax gradient expert
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(8)
C = torch.randn(8, 16) * 2
MAPS = torch.randn(8, 16, 4)

def batch(n):
    k = torch.randint(0, 8, (n,))
    z = torch.randn(n, 16)
    return C[k] + z, torch.einsum("ni,nio->no", z, MAPS[k]) / 4

class MoE(nn.Module):
    def __init__(self, d=16, out=4, E=8):
        super().__init__()
        self.router = nn.Linear(d, E, bias=False)
        self.w = nn.Parameter(torch.randn(E, d, out) / d ** 0.5)
        self.b = nn.Parameter(torch.zeros(E, out))
        self.E = E
    def forward(self, x):
        probs = self.router(x).softmax(-1)
        if FIX:
            disp = probs
        else:
            disp = F.one_hot(probs.argmax(-1), self.E).to(x.dtype)
        y = torch.einsum("ni,eio->neo", x, self.w) + self.b
        return (disp[..., None] * y).sum(1)

model = MoE()
opt = torch.optim.Adam([{"params": [model.w, model.b], "lr": 3e-3}, {"params": model.router.parameters(), "lr": 5e-3}])
for step in range(1200):
    x, y = batch(256)
    loss = F.mse_loss(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 200 == 0:
        print(step, loss.item())
x, y = batch(4000)
with torch.no_grad():
    r2 = 1 - (F.mse_loss(model(x), y) / y.var()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
