# saturated plateau
# graph auto-encoder on a dense graph with sum aggregation and no normalisation: the inner products are hundreds, the sigmoid is exactly 0 or 1 and log(p+1e-15) has no gradient, loss stuck at 34.5
# mended by: adjacency normalised by the degrees
# cause words: sigmoid normalis saturat degree scale inner large sum
import os
import torch
import torch.nn as nn

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(1)
N, EPS = 160, 1e-15
grp = torch.arange(N) % 4
P = torch.where(grp[:, None] == grp[None], 0.85, 0.05)
A = torch.triu((torch.rand(N, N) < P).float(), 1)
A = A + A.t()
X = torch.eye(4)[grp] * 1.0 + 0.6 * torch.randn(N, 4) + 0.5
X = torch.cat([X, torch.rand(N, 12) * 4], 1)


class Conv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o)

    def forward(self, x, adj):
        return adj @ self.lin(x)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.c2 = Conv(16, 32), Conv(32, 16)

    def forward(self, x, adj):
        return self.c2(torch.relu(self.c1(x, adj)), adj)


adj = A + torch.eye(N)
if FIX:
    d = adj.sum(1).rsqrt()
    adj = d[:, None] * adj * d[None]
enc = Encoder()
opt = torch.optim.Adam(enc.parameters(), lr=0.01)
pos = A.nonzero().t()
neg_all = ((A + torch.eye(N)) == 0).nonzero().t()


def decode(z, e):
    return torch.sigmoid((z[e[0]] * z[e[1]]).sum(-1))


for epoch in range(400):
    z = enc(X, adj)
    neg = neg_all[:, torch.randint(0, neg_all.size(1), (pos.size(1),))]
    loss = -torch.log(decode(z, pos) + EPS).mean() - torch.log(1 - decode(z, neg) + EPS).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 50 == 0:
        print(epoch, round(loss.item(), 4))
with torch.no_grad():
    z = enc(X, adj)
    s = (z[pos[0]] * z[pos[1]]).sum(-1)[:2000], (z[neg_all[0]] * z[neg_all[1]]).sum(-1)[torch.randperm(neg_all.size(1))[:2000]]
    auc = ((s[0][:, None] > s[1][None]).float() + 0.5 * (s[0][:, None] == s[1][None]).float()).mean()
print(f"FINAL loss={loss.item():.4f} metric={auc:.3f}")
