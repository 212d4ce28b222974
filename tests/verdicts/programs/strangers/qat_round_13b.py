# miswired vanishing_gradient plateau
# the fake-quantised weights go through round(), whose derivative is zero: only the biases get gradient
# mended by: straight-through estimator, w + (wq - w).detach()
# cause words: round straight-through quantis zero gradient
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(2)

def fake_quant(w, bits=4):
    qmax = 2 ** (bits - 1) - 1
    scale = w.detach().abs().max() / qmax
    wq = torch.round(w / scale).clamp(-qmax - 1, qmax) * scale
    return w + (wq - w).detach() if FIX else wq

class QLinear(nn.Linear):
    def forward(self, x):
        return F.linear(x, fake_quant(self.weight), self.bias)

t = torch.linspace(0, 1, 48)
def batch(n):
    y = torch.randint(0, 6, (n,))
    ph = torch.rand(n, 1) * 6.28
    f = (2 + 1.5 * y.float())[:, None]
    return torch.sin(6.28 * f * t + ph) + 0.3 * torch.randn(n, 48), y

model = nn.Sequential(QLinear(48, 96), nn.ReLU(), QLinear(96, 96), nn.ReLU(), QLinear(96, 6))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 800)
for step in range(800):
    x, y = batch(128)
    loss = F.cross_entropy(model(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if step % 100 == 0:
        print(f"{step} loss {loss.item():.3f}")
x, y = batch(2000)
out = model(x)
print(f"FINAL loss={F.cross_entropy(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean().item():.4f}")
