# plateau miswired not_learning
# NT-Xent multiplies the cosine similarities by the temperature 0.05 instead of dividing by it: logits lie in +-0.05 and the loss sticks at log(2B-1)
# mended by: sim / tau
# cause words: temperature, multiply, divide, tau, logits, similarity
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(15)
K, D, B = 16, 20, 48
mix = torch.randn(D, 40)
centers = 0.5 * torch.randn(K, D)

def views(n=B):
    c = torch.randint(0, K, (n,))
    z = centers[c] + 1.0 * torch.randn(n, D)
    aug = lambda: torch.tanh(z @ mix / 4) + 0.35 * torch.randn(n, 40)
    return aug(), aug(), c, z

class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(40, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU())
        self.proj = nn.Linear(96, 24)
    def forward(self, x): return F.normalize(self.proj(self.f(x)), dim=1)

def nt_xent(a, b, tau=0.05):
    z = torch.cat([a, b])
    sim = z @ z.t()
    sim = sim / tau if FIX else sim * tau
    sim = sim - 1e4 * torch.eye(len(z))
    n = len(a)
    tgt = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, tgt)

net = Encoder()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
sch = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 800)
for step in range(800):
    a, b, _, _ = views()
    loss = nt_xent(net(a), net(b))
    opt.zero_grad(); loss.backward(); opt.step(); sch.step()
    if step % 100 == 0: print(f"step {step:4d} nt-xent {loss.item():.4f}")
with torch.no_grad():                                 # retrieval of the other view among 400
    a, b, _, _ = views(400)
    r1 = ((net(a) @ net(b).t()).argmax(1) == torch.arange(400)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r1:.3f}")
