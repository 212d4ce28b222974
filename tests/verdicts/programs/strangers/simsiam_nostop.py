# miswired
# SimSiam without the stop-gradient on the target branch: every view is sent to one point, the loss reaches -1 and the features say nothing
# mended by: z.detach() in the loss
# cause words: stop-gradient, stop gradient, detach, collapse, constant
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(14)
K, D = 10, 48
protos = torch.randn(K, D)


def sample(n):
    y = torch.randint(0, K, (n,))
    return protos[y] + 0.5 * torch.randn(n, D), y


def augment(x):
    keep = (torch.rand_like(x) > 0.25).float()
    return x * keep + 0.3 * torch.randn_like(x)


class SimSiam(nn.Module):
    def __init__(self, h=64, z=24):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(D, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, z))
        self.predictor = nn.Sequential(nn.Linear(z, 16), nn.ReLU(), nn.Linear(16, z))

    def forward(self, a, b):
        za, zb = self.encoder(a), self.encoder(b)
        pa, pb = self.predictor(za), self.predictor(zb)
        if FIX:
            za, zb = za.detach(), zb.detach()
        return -(F.cosine_similarity(pa, zb).mean() + F.cosine_similarity(pb, za).mean()) / 2


def knn_accuracy(enc):
    enc.eval()
    with torch.no_grad():
        xa, ya = sample(500)
        xb, yb = sample(500)
        fa, fb = F.normalize(enc(xa), dim=1), F.normalize(enc(xb), dim=1)
        spread = fa.std(0).mean().item()
        acc = (ya[(fb @ fa.t()).argmax(1)] == yb).float().mean().item()
    enc.train()
    return acc, spread


model = SimSiam()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
for step in range(1500):
    x, _ = sample(128)
    loss = model(augment(x), augment(x))
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 300 == 0:
        acc, spread = knn_accuracy(model.encoder)
        print(f"step {step} loss {loss.item():.4f} spread {spread:.4f}")
acc, spread = knn_accuracy(model.encoder)
print(f"FINAL loss={loss.item():.4f} metric={spread * 24 ** 0.5:.3f} knn={acc:.3f}")
