# miswired
# SimSiam without the stop-gradient on the target branch (and without batch norm to hide it): both branches collapse to one point
# mended by: z.detach() in the cosine loss, batch norm in the projector
# cause words: stop-gradient detach collapse collapsed constant identical
import os
import torch
from torch import nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
K, D = 8, 32
centers = torch.randn(K, D) * 1.2
x = centers.repeat_interleave(150, 0) + torch.randn(K * 150, D) * 0.9
y = torch.arange(K).repeat_interleave(150)


def augment(b):
    return b * (torch.rand_like(b) > 0.3) + 0.3 * torch.randn_like(b)


class SimSiam(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(D, 128), nn.BatchNorm1d(128) if FIX else nn.Identity(), nn.ReLU(),
                               nn.Linear(128, 32), nn.BatchNorm1d(32, affine=False) if FIX else nn.Identity())
        self.h = nn.Sequential(nn.Linear(32, 16), nn.BatchNorm1d(16) if FIX else nn.Identity(), nn.ReLU(), nn.Linear(16, 32))

    def forward(self, a, b):
        z1, z2 = self.f(a), self.f(b)
        p1, p2 = self.h(z1), self.h(z2)
        if FIX:
            z1, z2 = z1.detach(), z2.detach()
        return -0.5 * (F.cosine_similarity(p1, z2).mean() + F.cosine_similarity(p2, z1).mean())


model = SimSiam()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 100)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), 128, shuffle=True, drop_last=True)
for epoch in range(100):
    for (b,) in loader:
        loss = model(augment(b), augment(b))
        opt.zero_grad()
        loss.backward()
        opt.step()
    sched.step()
    if epoch % 20 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    z = F.normalize(model.f(x), dim=1)
    spread = z.std(0).mean() * 32 ** 0.5
    sim = z @ z.t()
    sim.fill_diagonal_(-2)
    knn = (y[sim.topk(5, 1).indices].mode(1).values == y).float().mean()
print(f"FINAL loss={loss.item():.4f} metric={spread.item():.3f} knn={knn.item():.3f}")
