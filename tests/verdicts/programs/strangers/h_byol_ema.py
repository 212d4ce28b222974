# healthy
# BYOL: half of the modules never get a gradient (EMA target), the loss is flat and small after a short while; the representation is good
import copy
import torch
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
K, D = 6, 40
cent = torch.randn(K, D)
X = cent.repeat_interleave(200, 0) + 0.9 * torch.randn(K * 200, D)
Y = torch.arange(K).repeat_interleave(200)


def aug(x):
    return x * (torch.rand_like(x) > 0.25) + 0.2 * torch.randn_like(x)


def head(i, h, o):
    return nn.Sequential(nn.Linear(i, h), nn.BatchNorm1d(h), nn.ReLU(), nn.Linear(h, o))


class BYOL(nn.Module):
    def __init__(self):
        super().__init__()
        self.online = nn.Sequential(head(D, 96, 48), nn.BatchNorm1d(48), nn.ReLU(), head(48, 64, 24))
        self.pred = head(24, 48, 24)
        self.target = copy.deepcopy(self.online).requires_grad_(False)

    def loss(self, a, b):
        with torch.no_grad():
            ta, tb = self.target(a), self.target(b)
        pa, pb = self.pred(self.online(a)), self.pred(self.online(b))
        return 2 - F.cosine_similarity(pa, tb).mean() - F.cosine_similarity(pb, ta).mean()

    @torch.no_grad()
    def update(self, m):
        for p, t in zip(self.online.parameters(), self.target.parameters()):
            t.lerp_(p, 1 - m)


model = BYOL()
opt = torch.optim.AdamW([*model.online.parameters(), *model.pred.parameters()], lr=2e-3, weight_decay=1e-3)
for step in range(700):
    x = X[torch.randint(0, len(X), (128,))]
    loss = model.loss(aug(x), aug(x))
    opt.zero_grad(set_to_none=True)
    loss.backward()
    opt.step()
    model.update(1 - 0.02 * (1 - step / 700))
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    z = F.normalize(model.online(X), dim=1)
    s = z @ z.t()
    s.fill_diagonal_(-2)
    knn = (Y[s.topk(5, 1).indices].mode(1).values == Y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={knn.item():.3f} spread={(z.std(0).mean() * 24 ** 0.5).item():.3f}")
