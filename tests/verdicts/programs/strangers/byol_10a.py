# healthy
# looks suspicious: target network gets no gradient, loss is small from early on and goes up for a while as features spread; EMA target + predictor keep it from collapse
import os, copy, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(41); torch.set_num_threads(1)

def mlp(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, o))

class BYOL(nn.Module):
    def __init__(self, tau=0.99):
        super().__init__()
        self.online, self.pred = nn.Sequential(mlp(24, 64, 32), mlp(32, 64, 16)), mlp(16, 32, 16)
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.tau = tau
    def forward(self, a, b):
        def half(x, y):
            p = self.pred(self.online(x))
            with torch.no_grad():
                t = self.target(y)
            return 2 - 2 * F.cosine_similarity(p, t, dim=-1).mean()
        return half(a, b) + half(b, a)
    @torch.no_grad()
    def momentum(self):
        for t, o in zip(self.target.parameters(), self.online.parameters()):
            t.lerp_(o, 1 - self.tau)

proto = torch.randn(8, 24)
def sample(n):
    y = torch.randint(0, 8, (n,))
    return proto[y] + 0.35 * torch.randn(n, 24), y
def augment(x):
    return x * (torch.rand_like(x) > 0.25) + 0.3 * torch.randn_like(x)

model = BYOL()
opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-3, weight_decay=1e-4)
for s in range(1000):
    x, _ = sample(128)
    loss = model(augment(x), augment(x))
    opt.zero_grad(); loss.backward(); opt.step(); model.momentum()
    if s % 100 == 0:
        print(f"step {s} byol {loss.item():.4f}")
model.eval()
probe = nn.Linear(32, 8); po = torch.optim.Adam(probe.parameters(), 1e-2)
for _ in range(200):
    x, y = sample(128)
    with torch.no_grad():
        h = model.online[0](x)
    l = F.cross_entropy(probe(h), y); po.zero_grad(); l.backward(); po.step()
x, y = sample(1000)
acc = (probe(model.online[0](x)).argmax(1) == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
