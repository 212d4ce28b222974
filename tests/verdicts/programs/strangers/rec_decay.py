# not_learning plateau
# weight_decay=0.5 in Adam (as L2 it goes into the gradient) outweighs the loss and pulls embeddings and weights to zero
# mended by: weight_decay=1e-5
# cause words: weight decay L2 regularisation too strong shrink zero weights
import os, torch
from torch import nn
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(77)
U, I, R = 200, 120, 9000
pu, qi = torch.randn(U, 4), torch.randn(I, 4)
bu, bi = 0.4 * torch.randn(U), 0.4 * torch.randn(I)
u, i = torch.randint(U, (R,)), torch.randint(I, (R,))
rating = (pu[u] * qi[i]).sum(1) * 0.6 + bu[u] + bi[i] + 0.2 * torch.randn(R)

class MF(nn.Module):
    def __init__(self, k=8):
        super().__init__()
        self.P, self.Q = nn.Embedding(U, k), nn.Embedding(I, k)
        self.bu, self.bi = nn.Embedding(U, 1), nn.Embedding(I, 1)
        nn.init.normal_(self.P.weight, std=0.3); nn.init.normal_(self.Q.weight, std=0.3)
        self.mu = nn.Parameter(torch.zeros(1))
    def forward(self, u, i):
        return (self.P(u) * self.Q(i)).sum(1) + self.bu(u)[:, 0] + self.bi(i)[:, 0] + self.mu

mf = MF()
opt = torch.optim.Adam(mf.parameters(), lr=0.01, weight_decay=1e-5 if FIX else 0.5)
for epoch in range(15):
    se = 0.0
    for b in torch.randperm(8000).split(200):
        e = mf(u[b], i[b]) - rating[b]
        loss = (e ** 2).mean()
        opt.zero_grad(); loss.backward(); opt.step()
        se += loss.item() / 40
    print("epoch", epoch, "train", f"{se:.4f}")
with torch.no_grad():
    rmse = (mf(u[8000:], i[8000:]) - rating[8000:]).pow(2).mean().sqrt().item()
print(f"FINAL loss={se:.4f} metric={rmse:.4f}")
