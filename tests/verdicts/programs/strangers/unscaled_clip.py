# clipping_dominates
# mixed-precision loop with a hand-written static loss scale clips the gradients before unscaling them: the norm is 65536 times too large, so every step is cut to 1/65536
# mended by: unscale first, clip afterwards
# cause words: clip, unscale, loss scale, order, clip_grad_norm
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(6)

class LossScaler:
    def __init__(self, scale=65536.0): self.s = scale
    def scale(self, loss): return loss * self.s
    def unscale_(self, params):
        for p in params:
            if p.grad is not None: p.grad.div_(self.s)

class KeywordNet(nn.Module):
    """a small depthwise conv net over 20 x 24 'log-mel' patches"""
    def __init__(self, n=6):
        super().__init__()
        self.a = nn.Conv1d(20, 32, 5, padding=2)
        self.b = nn.Conv1d(32, 32, 5, padding=2, groups=8)
        self.n = nn.GroupNorm(4, 32)
        self.o = nn.Linear(32, n)
    def forward(self, x):
        x = F.relu(self.a(x))
        x = F.relu(self.n(self.b(x)))
        return self.o(x.amax(2))

words = torch.randn(6, 20, 8)
def batch(n=32):
    y = torch.randint(0, 6, (n,))
    x = 0.7 * torch.randn(n, 20, 24)
    for i in range(n):
        s = int(torch.randint(0, 16, (1,)))
        x[i, :, s:s + 8] += words[y[i]]
    return x, y

net = KeywordNet()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-5)
sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 500)
scaler = LossScaler()
for step in range(500):
    x, y = batch()
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(set_to_none=True)
    scaler.scale(loss).backward()
    if FIX:
        scaler.unscale_(net.parameters())
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    else:
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        scaler.unscale_(net.parameters())
    opt.step()
    sch.step()
    if step % 50 == 0: print(f"[{step}] {loss.item():.4f}")
x, y = batch(500)
with torch.no_grad(): out = net(x)
print(f"FINAL loss={F.cross_entropy(out, y).item():.4f} metric={(out.argmax(1) == y).float().mean().item():.3f}")
