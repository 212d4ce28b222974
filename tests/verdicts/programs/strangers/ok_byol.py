# healthy
# half of the parameters never get a gradient and the loss falls early and then hardly any more: BYOL's momentum teacher; the features get better
import copy
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(49)
K, D = 10, 48
protos = torch.randn(K, D)


def sample(n):
    y = torch.randint(0, K, (n,))
    return protos[y] + 1.4 * torch.randn(n, D), y


def view(x):
    return x * (torch.rand_like(x) > 0.3).float() + 0.2 * torch.randn_like(x)


def encoder():
    return nn.Sequential(nn.Linear(D, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.BatchNorm1d(32))


class BYOL(nn.Module):
    def __init__(self, tau=0.98):
        super().__init__()
        self.online = encoder()
        self.predictor = nn.Sequential(nn.Linear(32, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32))
        self.teacher = copy.deepcopy(self.online)
        for p in self.teacher.parameters():
            p.requires_grad_(False)
        self.tau = tau

    def forward(self, a, b):
        p = self.predictor(self.online(a))
        with torch.no_grad():
            z = self.teacher(b)
        return (2 - 2 * F.cosine_similarity(p, z)).mean()

    @torch.no_grad()
    def update_teacher(self):
        for t, o in zip(self.teacher.parameters(), self.online.parameters()):
            t.lerp_(o, 1 - self.tau)


def knn(enc):
    enc.eval()
    with torch.no_grad():
        (xa, ya), (xb, yb) = sample(500), sample(500)
        acc = (ya[torch.cdist(enc(xb), enc(xa)).argmin(1)] == yb).float().mean().item()
    enc.train()
    return acc


model = BYOL()
opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
print(f"kNN before {knn(model.online):.3f}")
for step in range(1000):
    x, _ = sample(128)
    loss = (model(view(x), view(x)) + model(view(x), view(x))) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
    model.update_teacher()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} kNN {knn(model.online):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={knn(model.online):.3f}")
