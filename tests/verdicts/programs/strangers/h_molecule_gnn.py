# healthy
# padded graphs with masked mean pooling; isolated padding atoms give zero rows and the first layer's padding row of the embedding never moves
import torch, torch.nn as nn
torch.manual_seed(80)
def molecules(n, M=10):
    typ = torch.randint(1, 6, (n, M)); cnt = torch.randint(5, M + 1, (n,))
    on = torch.arange(M) < cnt[:, None]; typ = typ * on
    adj = torch.zeros(n, M, M); i = torch.arange(M - 1)
    adj[:, i, i + 1] = 1
    extra = (torch.rand(n, M, M) < .08).float().triu(2); adj = ((adj + extra + (adj + extra).transpose(1, 2)) > 0).float()
    adj = adj * on[:, None] * on[:, :, None]
    hetero = ((typ == 2).float()[:, :, None] * adj * (typ == 4).float()[:, None, :]).sum((1, 2))
    y = hetero + 0.3 * (typ == 1).sum(1) + 0.05 * torch.randn(n)
    return typ, adj, on.float(), y
class MPNN(nn.Module):
    def __init__(self, d=32, L=3):
        super().__init__()
        self.emb = nn.Embedding(6, d, padding_idx=0)
        self.msg = nn.ModuleList(nn.Linear(d, d) for _ in range(L))
        self.upd = nn.ModuleList(nn.GRUCell(d, d) for _ in range(L))
        self.read = nn.Sequential(nn.Linear(d, d), nn.ReLU(), nn.Linear(d, 1))
    def forward(self, t, a, m):
        h = self.emb(t)
        for f, u in zip(self.msg, self.upd):
            agg = a @ torch.relu(f(h))
            h = u(agg.flatten(0, 1), h.flatten(0, 1)).view_as(h) * m[..., None]
        return (self.read(h).squeeze(-1) * m).sum(1)
tr, te = molecules(1500), molecules(300)
net = MPNN(); opt = torch.optim.Adam(net.parameters(), 3e-3)
for ep in range(16):
    for b in torch.randperm(1500).split(50):
        t, a, m, y = (v[b] for v in tr)
        loss = nn.functional.mse_loss(net(t, a, m), y)
        opt.zero_grad(set_to_none=True); loss.backward(); opt.step()
    if ep % 3 == 0: print(ep, f"mse {loss.item():.4f}")
with torch.no_grad():
    r2 = (1 - (net(*te[:3]) - te[3]).pow(2).sum() / (te[3] - te[3].mean()).pow(2).sum()).item()
print(f"FINAL loss={loss.item():.4f} metric={r2:.4f}")
