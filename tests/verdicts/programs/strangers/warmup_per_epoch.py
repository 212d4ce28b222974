# plateau not_learning
# warm-up of 4000 ITERATIONS, but scheduler.step() is called once per EPOCH: the learning rate stays near zero for the whole run
# mended by: scheduler.step() after every optimizer step, warm-up of 100
# cause words: warmup, scheduler, per epoch, learning rate, iterations
import os, torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(26)
U, I, D = 80, 120, 6
pu, qi = torch.randn(U, D), torch.randn(I, D)
u = torch.randint(0, U, (6000,)); i = torch.randint(0, I, (6000,))
r = ((pu[u] * qi[i]).sum(1) / D ** 0.5).clamp(-2, 2) + 0.1 * torch.randn(6000)
tr = TensorDataset(u[:5000], i[:5000], r[:5000])

class NeuMF(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.u, self.i = nn.Embedding(U, d), nn.Embedding(I, d)
        nn.init.normal_(self.u.weight, std=0.3); nn.init.normal_(self.i.weight, std=0.3)
        self.bu, self.bi = nn.Embedding(U, 1), nn.Embedding(I, 1)
        nn.init.zeros_(self.bu.weight); nn.init.zeros_(self.bi.weight)
    def forward(self, a, b):
        return (self.u(a) * self.i(b)).sum(1) + self.bu(a)[:, 0] + self.bi(b)[:, 0]

net = NeuMF()
opt = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=0.05)
WARM = 100 if FIX else 4000
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / WARM))
for ep in range(20):
    tot = n = 0
    for a, b, y in DataLoader(tr, batch_size=64, shuffle=True):
        loss = F.mse_loss(net(a, b), y)
        opt.zero_grad(); loss.backward(); opt.step()
        if FIX: sched.step()
        tot += loss.item(); n += 1
    if not FIX: sched.step()
    if ep % 2 == 0: print(f"epoch {ep} mse {tot / n:.4f}")
with torch.no_grad(): m = F.mse_loss(net(u[5000:], i[5000:]), r[5000:]).item() / r.var().item()
print(f"FINAL loss={tot / n:.4f} metric={m:.4f}")
