# oscillating_loss exploding_gradient
# the hand-written Adam divides by the second moment without its square root: small gradients give enormous steps
# mended by: dividing by sqrt(v)
# cause words: square root sqrt second moment step too large optimizer
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(11)
class MyAdam:
    def __init__(self, params, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
        self.p, self.lr, self.b1, self.b2, self.eps, self.t = list(params), lr, b1, b2, eps, 0
        self.m = [torch.zeros_like(p) for p in self.p]
        self.v = [torch.zeros_like(p) for p in self.p]
    @torch.no_grad()
    def step(self):
        self.t += 1
        for p, m, v in zip(self.p, self.m, self.v):
            m.mul_(self.b1).add_(p.grad, alpha=1 - self.b1)
            v.mul_(self.b2).addcmul_(p.grad, p.grad, value=1 - self.b2)
            mh, vh = m / (1 - self.b1 ** self.t), v / (1 - self.b2 ** self.t)
            den = vh.sqrt() if FIX else vh
            p.sub_(self.lr * mh / (den + self.eps))
            p.grad = None

def tones(n):
    y = torch.randint(0, 4, (n,))
    t = torch.arange(256) / 256
    f = (10 + 12 * y + 3 * torch.rand(n))[:, None]
    return (torch.sin(6.283 * f * t) + 0.5 * torch.randn(n, 256))[:, None], y
net = nn.Sequential(nn.Conv1d(1, 12, 15, 4), nn.ReLU(), nn.Conv1d(12, 24, 7, 2), nn.ReLU(),
                    nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(24, 4))
opt = MyAdam(net.parameters(), lr=2e-3)
for step in range(400):
    x, y = tones(64)
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    opt.step()
    if step % 50 == 0:
        print(step, loss.item())
x, y = tones(1000)
o = net(x)
print(f"FINAL loss={F.cross_entropy(o, y).item():.4f} metric={(o.argmax(1) == y).float().mean().item():.4f}")
