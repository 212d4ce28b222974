# miswired plateau
# batch-hard triplet loss on squared distances with a rate too high: all embeddings collapse to one point and the loss sits exactly at the margin
# mended by: rate 1e-3
# cause words: collapse margin embedding same point triplet hard learning rate identical
import os, torch, torch.nn as nn, torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(12)
P, K, DIM, IDS, MARGIN = 12, 4, 40, 60, 0.3
basis = torch.randn(IDS, 10)
mixA = torch.randn(20, DIM) / 4.5
def people(ids):
    z = torch.cat([basis[ids], 1.6 * torch.randn(len(ids), 10)], 1)
    return torch.tanh(z @ mixA) + 0.05 * torch.randn(len(ids), DIM)

class Embed(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 32))
    def forward(self, x):
        e = self.f(x)
        return e

def batch_hard(e, lab):
    d = (e[:, None] - e[None]).pow(2).sum(-1)
    same = lab[:, None] == lab[None]
    pos = (d * same).max(1).values
    neg = (d + 1e4 * same).min(1).values
    return F.relu(pos - neg + MARGIN).mean()

net = Embed()
opt = torch.optim.Adam(net.parameters(), lr=1e-3 if FIX else 1e-2)
for it in range(800):
    ids = torch.randperm(IDS)[:P].repeat_interleave(K)
    loss = batch_hard(net(people(ids)), ids)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 0:
        print(f"{it:5d} triplet {loss.item():.4f}")
net.eval()
with torch.no_grad():
    gal, q = net(people(torch.arange(IDS))), net(people(torch.arange(IDS).repeat(10)))
    r1 = (torch.cdist(q, gal).argmin(1) == torch.arange(IDS).repeat(10)).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={r1:.4f}")
