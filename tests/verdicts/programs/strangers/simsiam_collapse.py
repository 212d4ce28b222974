# miswired not_learning
# SimSiam without the stop-gradient on the targets: all embeddings collapse to one vector, the loss goes to -1
# mended by: z.detach() in the similarity
# cause words: stop-gradient detach collapse collapsed stop constant
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)
NC, D = 10, 32
centers = torch.randn(NC, D)
nuis = torch.randn(6, D)


def view(c):
    return centers[c] * (0.8 + 0.4 * torch.rand(len(c), 1)) + 0.3 * torch.randn(len(c), 6) @ nuis + 0.5 * torch.randn(len(c), D)


class SimSiam(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(D, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, d))
        self.predictor = nn.Sequential(nn.Linear(d, 16), nn.ReLU(), nn.Linear(16, d))

    def forward(self, a, b):
        za, zb = self.encoder(a), self.encoder(b)
        return za, zb, self.predictor(za), self.predictor(zb)


def D_(p, z):
    if FIX:
        z = z.detach()
    return -F.cosine_similarity(p, z, dim=1).mean()


model = SimSiam()
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
for step in range(800):
    c = torch.randint(0, NC, (128,))
    za, zb, pa, pb = model(view(c), view(c))
    loss = 0.5 * D_(pa, zb) + 0.5 * D_(pb, za)
    opt.zero_grad(); loss.backward(); opt.step()
    if step % 100 == 0:
        std = F.normalize(za, dim=1).std(0).mean().item() * 32 ** 0.5
        print(f"step {step} loss {loss.item():.4f} std*sqrt(d) {std:.4f}")

# linear probe
model.eval()
with torch.no_grad():
    c = torch.randint(0, NC, (2000,)); z = F.normalize(model.encoder(view(c)), dim=1)
std = z.std(0).mean().item() * 32 ** 0.5
probe = nn.Linear(32, NC)
po = torch.optim.SGD(probe.parameters(), lr=0.5)
for _ in range(200):
    po.zero_grad(); F.cross_entropy(probe(z[:1500]), c[:1500]).backward(); po.step()
acc = (probe(z[1500:]).argmax(1) == c[1500:]).float().mean().item()
print(f"spread {std:.4f}")
print(f"FINAL loss={loss.item():.4f} metric={acc:.4f}")
