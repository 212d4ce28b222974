# miswired not_learning
# SimSiam without the stop-gradient on the target branch: all embeddings collapse to one vector, the loss goes to -1
# mended by: detach the target branch
# cause words: collapse, stop-gradient, stopgrad, detach
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(16)
K, D = 8, 32
centers = torch.randn(K, D)

def views(n=64):
    c = torch.randint(0, K, (n,))
    z = centers[c] + 0.3 * torch.randn(n, D)
    mk = lambda: z * (torch.rand(n, D) > 0.3) + 0.2 * torch.randn(n, D)
    return mk(), mk(), c

class SimSiam(nn.Module):
    def __init__(self, h=64, o=32):
        super().__init__()
        norm = nn.BatchNorm1d
        self.enc = nn.Sequential(nn.Linear(D, h), norm(h), nn.ReLU(), nn.Linear(h, o))
        self.pred = nn.Sequential(nn.Linear(o, 16), norm(16), nn.ReLU(), nn.Linear(16, o))
    def forward(self, a, b):
        za, zb = self.enc(a), self.enc(b)
        pa, pb = self.pred(za), self.pred(zb)
        if FIX:
            za, zb = za.detach(), zb.detach()
        return -0.5 * (F.cosine_similarity(pa, zb).mean() + F.cosine_similarity(pb, za).mean())

model = SimSiam()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
for step in range(800):
    a, b, _ = views()
    loss = model(a, b)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0: print(f"{step} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    x, _, y = views(600)
    z = F.normalize(model.enc(x), dim=1)
    std = z.std(0).mean().item() * 32 ** 0.5
    s = z @ z.t() - 9 * torch.eye(600)
    knn = (y[s.argmax(1)] == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} knn={knn:.3f} metric={std:.4f}")
