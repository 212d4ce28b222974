# healthy
# Distillation with T=4 (frozen teacher, trained first in the same script) into a student with gradual pruning: a third of the hidden units are masked on purpose.
"""Distillation (T=4) into a ReLU student whose hidden units are pruned gradually, a third of them to zero for good."""
import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(8)
C, D = 10, 32
P = torch.randn(3 * C, D)

def batch(n):
    k = torch.randint(0, 3 * C, (n,))
    return P[k] + 0.7 * torch.randn(n, D), k % C

teacher = nn.Sequential(nn.Linear(D, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, C))
topt = torch.optim.Adam(teacher.parameters(), lr=2e-3)
for _ in range(250):
    x, y = batch(256)
    l = F.cross_entropy(teacher(x), y)
    topt.zero_grad(); l.backward(); topt.step()
teacher.eval().requires_grad_(False)

class Student(nn.Module):
    def __init__(self, h=96):
        super().__init__()
        self.a, self.b = nn.Linear(D, h), nn.Linear(h, C)
        self.register_buffer("mask", torch.ones(h))
    def forward(self, x):
        return self.b(F.relu(self.a(x)) * self.mask)
    @torch.no_grad()
    def prune_to(self, frac):
        score = self.a.weight.norm(dim=1) * self.b.weight.norm(dim=0) * self.mask
        k = round(frac * len(score))
        self.mask.fill_(1.0); self.mask[score.argsort()[:k]] = 0

s, T = Student(), 4.0
opt = torch.optim.Adam(s.parameters(), lr=4e-3)
hist = []
for step in range(500):
    if 150 <= step <= 350 and step % 25 == 0:
        s.prune_to(1 / 3 * (1 - (1 - (step - 150) / 200) ** 3))
    x, y = batch(256)
    with torch.no_grad(): t = teacher(x)
    o = s(x)
    kd = F.kl_div(F.log_softmax(o / T, 1), F.log_softmax(t / T, 1), log_target=True, reduction="batchmean") * T * T
    loss = 0.8 * kd + 0.2 * F.cross_entropy(o, y)
    opt.zero_grad(); loss.backward(); opt.step()
    hist.append(loss.item())
    if step % 50 == 0: print(step, int(s.mask.sum()), f"{loss.item():.4f}")
with torch.no_grad():
    x, y = batch(4000)
    print("teacher", (teacher(x).argmax(1) == y).float().mean().item())
    acc = (s(x).argmax(1) == y).float().mean().item()
print(f"FINAL loss={sum(hist[-50:])/50:.5f} metric={acc:.4f}")
