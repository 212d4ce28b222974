# vanishing_gradient output_cannot_change
# user and item factors both start at exactly zero: the gradient of each is a product with the other, zero for ever; only the global bias learns
# mended by: small random init
# cause words: zero init initial initialised initialized zeros symmetry
import os
import torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0); torch.set_num_threads(1)
U, I, K = 200, 150, 8
pu, qi = torch.randn(U, 4), torch.randn(I, 4)
u = torch.randint(0, U, (20000,)); i = torch.randint(0, I, (20000,))
r = 3.5 + 0.5 * (pu[u] * qi[i]).sum(1) + 0.2 * torch.randn(20000)


class MF(nn.Module):
    def __init__(self):
        super().__init__()
        self.user = nn.Embedding(U, K)
        self.item = nn.Embedding(I, K)
        self.mu = nn.Parameter(torch.zeros(1))
        for e in (self.user, self.item):
            if FIX:
                nn.init.normal_(e.weight, std=0.1)
            else:
                nn.init.zeros_(e.weight)

    def forward(self, u, i):
        return self.mu + (self.user(u) * self.item(i)).sum(1)


mf = MF()
opt = torch.optim.Adam(mf.parameters(), lr=1e-2)
tr, te = slice(0, 18000), slice(18000, None)
ut, it_, rt = u[tr], i[tr], r[tr]
for epoch in range(20):
    tot = 0
    for b in torch.randperm(18000).split(256):
        loss = (mf(ut[b], it_[b]) - rt[b]).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        tot += loss.item() * len(b)
    if epoch % 3 == 0:
        print(f"epoch {epoch} train mse {tot / 18000:.4f}")
with torch.no_grad():
    rmse = (mf(u[te], i[te]) - r[te]).pow(2).mean().sqrt().item()
print(f"FINAL loss={tot / 18000:.4f} metric={rmse:.4f}")
