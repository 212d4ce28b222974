# healthy
# Gradient surgery (PCGrad): several autograd.grad calls per step, conflicting parts are projected away and p.grad is written by hand; there is no loss.backward() and the stepped direction is no loss's gradient.
import random
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils import parameters_to_vector
torch.manual_seed(43); random.seed(43)
def streets(n):
    """one lidar-like range scan, three jobs: distance of the nearest object, its class, and heading of the wall"""
    ang = torch.linspace(-1.2, 1.2, 48)
    head = (torch.rand(n, 1) - 0.5) * 0.8
    wall = 4.0 / torch.cos(ang - head).clamp(min=0.3)
    cls = torch.randint(0, 3, (n, 1))
    dist, pos = 1.0 + 1.5 * torch.rand(n, 1), (torch.rand(n, 1) - 0.5) * 1.6
    half = torch.tensor([0.12, 0.3, 0.3])[cls]
    shape = torch.where(cls == 2, 0.5 * torch.abs(ang - pos) / half, torch.zeros(n, 48))
    scan = torch.where((ang - pos).abs() < half / dist * 1.6, dist + shape * 1.6, wall)
    return scan + 0.02 * torch.randn(n, 48), (dist[:, 0], cls[:, 0], head[:, 0])
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv1d(1, 16, 5, padding=2), nn.ELU(), nn.Conv1d(16, 16, 5, stride=2, padding=2), nn.ELU(),
                                   nn.Flatten(), nn.Linear(16 * 24, 64), nn.ELU())
        self.heads = nn.ModuleList([nn.Linear(64, 1), nn.Linear(64, 3), nn.Linear(64, 1)])
    def losses(self, x, t):
        h = self.trunk((x[:, None] - 3.0) / 1.5)
        d, c, w = (head(h) for head in self.heads)
        return [F.smooth_l1_loss(d[:, 0], t[0]), F.cross_entropy(c, t[1]), 20 * F.mse_loss(w[:, 0], t[2])], c
xtr, ttr = streets(4000)
xte, tte = streets(600)
net = Net()
ps = list(net.parameters())
opt = torch.optim.Adam(ps, lr=2e-3)
conflicts = 0
for step in range(450):
    i = torch.randint(0, len(xtr), (64,))
    ls, _ = net.losses(xtr[i], [t[i] for t in ttr])
    flat = []
    for l in ls:
        gr = torch.autograd.grad(l, ps, retain_graph=True, allow_unused=True)
        flat.append(torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for g, p in zip(gr, ps)]))
    out = []
    for a in range(3):
        v = flat[a].clone()
        for b in random.sample([k for k in range(3) if k != a], 2):
            dot = v @ flat[b]
            if dot < 0:
                v -= dot / (flat[b] @ flat[b] + 1e-12) * flat[b]
                conflicts += 1
        out.append(v)
    total, at = sum(out), 0
    for p in ps:
        p.grad = total[at:at + p.numel()].view_as(p).clone()
        at += p.numel()
    opt.step()
    if step % 45 == 0:
        print(f"step {step} " + " ".join(f"{l.item():.4f}" for l in ls) + f" conflicts {conflicts}")
with torch.no_grad():
    ls, c = net.losses(xte, tte)
print(f"FINAL loss={sum(l.item() for l in ls):.4f} metric={(c.argmax(1) == tte[1]).float().mean().item():.4f}")
