# not_learning plateau miswired
# prototypical networks: support and query set of an episode number the classes in two different random orders, so the labels of the query do not fit the prototypes
# mended by: one class order per episode for both sets
# cause words: labels label class order support query mismatch permutation inconsistent
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
CL, D, WAY, SHOT, Q = 60, 24, 5, 3, 8
cent = torch.randn(CL, 6)
lift = torch.randn(6, D)


def draw(classes, n):
    k = classes.repeat_interleave(n)
    core = cent[k] + 0.35 * torch.randn(len(k), 6)
    return torch.tanh(core @ lift / 2) + 0.6 * torch.randn(len(k), D)


class Episodes:
    def __init__(self, pool):
        self.pool = pool

    def sample(self, mended):
        cls = self.pool[torch.randperm(len(self.pool))[:WAY]]
        support = draw(cls, SHOT)
        qcls = cls if mended else cls[torch.randperm(WAY)]
        query = draw(qcls, Q)
        ys = torch.arange(WAY).repeat_interleave(SHOT)
        yq = torch.arange(WAY).repeat_interleave(Q)
        return support, ys, query, yq


class ProtoNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(D, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, s, ys, q):
        zs, zq = self.f(s), self.f(q)
        proto = torch.stack([zs[ys == c].mean(0) for c in range(WAY)])
        return -torch.cdist(zq, proto) ** 2


net = ProtoNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
train, test = Episodes(torch.arange(45)), Episodes(torch.arange(45, CL))
for ep in range(1500):
    s, ys, q, yq = train.sample(FIX)
    loss = F.cross_entropy(net(s, ys, q), yq)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if ep % 150 == 0:
        print(f"episode {ep} loss {loss.item():.4f}")
with torch.no_grad():
    acc, ls = [], []
    for _ in range(100):
        s, ys, q, yq = test.sample(FIX)
        out = net(s, ys, q)
        acc.append((out.argmax(1) == yq).float().mean().item())
        ls.append(F.cross_entropy(out, yq).item())
print(f"FINAL loss={sum(ls) / 100:.4f} metric={sum(acc) / 100:.3f} (accuracy on new classes)")
