# nonfinite
# hand-written Euclidean distance: sqrt of the squared distance matrix, whose diagonal is exactly zero, has an infinite gradient
# mended by: an eps under the root
# cause words: sqrt root zero distance
import os
import torch
import torch.nn as nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)
N_ID, D = 30, 50


def pairwise_distances(e):
    dot = e @ e.t()
    sq = torch.diag(dot)
    d = sq[None] - 2 * dot + sq[:, None]
    d = d.clamp(min=0)
    if FIX:
        return (d + 1e-6).sqrt()
    return d.sqrt()


def batch_hard(e, y, margin=0.3):
    d = pairwise_distances(e)
    same = y[None] == y[:, None]
    pos = (d * same).max(1).values
    # add the largest distance to the positives so that they are never the hardest negative
    neg = (d + d.max(1, keepdim=True).values * same).min(1).values
    return torch.relu(pos - neg + margin).mean()


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(D, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 32))

    def forward(self, x):
        return nn.functional.normalize(self.f(x), dim=1)


centers = torch.randn(N_ID, D) * 1.3
def pk_batch(p=10, k=5):
    ids = torch.randperm(N_ID)[:p].repeat_interleave(k)
    x = centers[ids] + torch.randn(p * k, D)
    if torch.rand(1) < 0.3:
        x[1] = x[0]               # the same picture can be drawn twice
    return x, ids


net = Embedder()
opt = torch.optim.Adam(net.parameters(), 1e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 400, 0.3)
for it in range(1000):
    x, y = pk_batch()
    loss = batch_hard(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step(); sched.step()
    if it % 100 == 0:
        print(it, loss.item())
net.eval()
with torch.no_grad():
    x, y = pk_batch(30, 6)
    e = net(x)
    d = torch.cdist(e, e) + 10 * torch.eye(len(y))
    r1 = (y[d.argmin(1)] == y).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r1:.4f}")
