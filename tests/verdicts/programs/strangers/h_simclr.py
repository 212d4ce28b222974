# healthy
# InfoNCE at temperature 0.5 over 127 negatives: the loss starts at about 4.8 and stays above 3 by construction; a nearest-neighbour probe improves from low to high
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(50)
K, DIM, BS, TEMP = 10, 60, 128, 0.5
proto = torch.randn(K, 8); mix = torch.randn(8, 20)
def sample(n):
    y = torch.randint(0, K, (n,))
    return (proto[y] + 0.25 * torch.randn(n, 8)) @ mix, y
def augment(c):
    return torch.cat([c + 0.5 * torch.randn_like(c), 9.0 * torch.randn(len(c), DIM - 20)], 1)   # nuisance dims change with each view
class SimCLR(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(DIM, 96), nn.BatchNorm1d(96), nn.ReLU(), nn.Linear(96, 32))
        self.projector = nn.Sequential(nn.ReLU(), nn.Linear(32, 16))
    def forward(self, x): return F.normalize(self.projector(self.backbone(x)), dim=1)
def info_nce(a, b):
    z = torch.cat([a, b]); s = z @ z.T / TEMP
    s = s.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    return F.cross_entropy(s, torch.arange(len(z)).roll(len(a)))
def probe(model):
    model.eval()
    with torch.no_grad():
        (c, y), (d, w) = sample(1000), sample(500)
        f, g = F.normalize(model.backbone(augment(c)), dim=1), F.normalize(model.backbone(augment(d)), dim=1)
        acc = (y[(g @ f.T).topk(5).indices].mode(1).values == w).float().mean().item()
    model.train(); return acc
model = SimCLR()
print("before", probe(model))
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
for it in range(500):
    c, _ = sample(BS)
    loss = info_nce(model(augment(c)), model(augment(c)))
    opt.zero_grad(); loss.backward(); opt.step()
    if it % 100 == 0: print(f"it {it} loss {loss.item():.4f} knn {probe(model):.3f}")
print(f"FINAL loss={loss.item():.4f} metric={probe(model):.4f}")
