# healthy
# MoCo with EMA key encoder and negatives queue; loss rises when real keys replace the random queue, then declines slowly. metric = kNN accuracy.
"""MoCo: momentum encoder + queue of negatives. Loss rises once the random queue is replaced by real keys, then is nearly flat."""
import copy, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(6)
C, D, K, T = 10, 48, 1024, 0.2
centers = torch.randn(C, 16) * 1.5
mix = torch.randn(16, D) / 4
nuis = torch.randn(8, D) / 4

def sample(n):
    y = torch.randint(0, C, (n,))
    return centers[y] + 0.6 * torch.randn(n, 16), y
def view(z):   # augmentation: random nuisance directions + noise
    return torch.tanh(z @ mix) + 1.5 * torch.randn(len(z), 8) @ nuis + 0.2 * torch.randn(len(z), D)

class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(D, 128), nn.ReLU(), nn.Linear(128, 64))
        self.proj = nn.Sequential(nn.ReLU(), nn.Linear(64, 32))
    def forward(self, x):
        return F.normalize(self.proj(self.body(x)), dim=1)

q = Enc(); k = copy.deepcopy(q)
for p in k.parameters(): p.requires_grad_(False)
opt = torch.optim.SGD(q.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 450)
queue = F.normalize(torch.randn(K, 32), dim=1)
hist = []
for step in range(450):
    z, _ = sample(128)
    a, b = view(z), view(z)
    fq = q(a)
    with torch.no_grad():
        for pk, pq in zip(k.parameters(), q.parameters()): pk.mul_(0.99).add_(pq, alpha=0.01)
        fk = k(b)
    logits = torch.cat([(fq * fk).sum(1, keepdim=True), fq @ queue.t()], 1) / T
    loss = F.cross_entropy(logits, torch.zeros(len(fq), dtype=torch.long))
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    queue = torch.cat([fk, queue])[:K]
    hist.append(loss.item())
    if step % 50 == 0: print(step, len(queue), f"{loss.item():.4f}")
with torch.no_grad():
    z, y = sample(2000); ft = F.normalize(q.body(view(z)), dim=1)
    z2, y2 = sample(1000); fe = F.normalize(q.body(view(z2)), dim=1)
    acc = (y[(fe @ ft.t()).topk(15).indices].mode(1).values == y2).float().mean().item()
print(f"FINAL loss={sum(hist[-45:])/45:.5f} metric={acc:.4f}")
