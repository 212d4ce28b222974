# miswired not_learning
# SimSiam without the stop-gradient on the target branch (and without predictor asymmetry): all inputs map to one vector, the loss is a perfect -1
# mended by: detaching the target branch, batch norm in the projector
# cause words: stop-gradient detach collapse collapsed constant representation
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(13)
K = 8
protos = torch.randn(K, 32)


def batch(n):
    y = torch.randint(0, K, (n,))
    v = lambda: protos[y] + 0.7 * torch.randn(n, 32)
    return v(), v(), y


class SimSiam(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        norm = (lambda k: nn.BatchNorm1d(k)) if FIX else (lambda k: nn.Identity())
        self.encoder = nn.Sequential(nn.Linear(32, 64), norm(64), nn.ReLU(), nn.Linear(64, d), norm(d))
        self.predictor = nn.Sequential(nn.Linear(d, 16), nn.ReLU(), nn.Linear(16, d))

    def forward(self, x1, x2):
        z1, z2 = self.encoder(x1), self.encoder(x2)
        p1, p2 = self.predictor(z1), self.predictor(z2)
        if FIX:
            z1, z2 = z1.detach(), z2.detach()
        return -0.5 * (F.cosine_similarity(p1, z2).mean() + F.cosine_similarity(p2, z1).mean())


model = SimSiam()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
for step in range(1000):
    a, b, _ = batch(128)
    loss = model(a, b)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 125 == 0:
        print(f"step {step} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    z, y = (lambda t: (model.encoder(t[0]), t[2]))(batch(1000))
    z = F.normalize(z, dim=1)
    spread = z.std(0).mean().item() * 32 ** 0.5
    sim = z @ z.t() - 9 * torch.eye(len(z))
    knn = (y[sim.topk(5).indices].mode(1).values == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={spread:.4f} (spread of the representation, 1 is full) knn={knn:.3f}")
