# nonfinite
# batch-hard triplet loss on hand-written euclidean distances: sqrt(0) on the diagonal has an infinite derivative (times 0 gives NaN), the loss itself is finite
# mended by: sqrt(d2.clamp(min=1e-12)) so that the diagonal has no gradient
# cause words: sqrt, zero distance, diagonal, derivative, eps, clamp
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(3)
C, D = 12, 24
protos = torch.randn(C, D)

def sample(P=8, K=4):
    c = torch.randperm(C)[:P].repeat_interleave(K)
    x = protos[c] + 0.9 * torch.randn(P * K, D)
    return torch.cat([x, 3.0 * torch.randn(P * K, D)], 1), c    # half of the channels are noise

def pdist(a):
    sq = a.pow(2).sum(1)
    d2 = sq[:, None] + sq[None] - 2 * a @ a.t()
    d2 = d2 - torch.diag(torch.diag(d2))                # numerically exact zero on the diagonal
    d2 = d2.clamp(min=1e-12 if FIX else 0.0)
    return d2.sqrt()

def batch_hard(emb, y, margin=0.5):
    d = pdist(emb)
    same = y[:, None] == y[None]
    pos = (d * same).max(1)[0]
    neg = (d + 1e3 * same).min(1)[0]
    return F.relu(pos - neg + margin).mean()

net = nn.Sequential(nn.Linear(2 * D, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 700, 0.5)
for step in range(1200):
    x, y = sample()
    loss = batch_hard(F.normalize(net(x), dim=1), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 150 == 0:
        print(f"step {step} triplet {loss.item():.4f} lr {sched.get_last_lr()[0]:.1e}")
with torch.no_grad():
    xs, ys = zip(*[sample() for _ in range(20)])
    e, y = F.normalize(net(torch.cat(xs)), dim=1), torch.cat(ys)
    d = torch.cdist(e, e) + torch.eye(len(e)) * 9
    r1 = (y[d.argmin(1)] == y).float().mean().item()
    if not torch.isfinite(e).all(): r1 = float("nan")
print(f"FINAL loss={loss.item():.4f} metric={r1:.3f}")
