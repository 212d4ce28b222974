# clipping_dominates badly_scaled
# the reconstruction loss is summed over pixels and batch (gradient norms of thousands) and the clip at 1.0 with SGD lr 1e-3 decides every step
# mended by: reduction="mean" with lr 1.0 and clip 10
# cause words: clip clipping sum reduction max_norm threshold
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import clip_grad_norm_

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
S = 16
basis = torch.randn(6, S * S)
codes = torch.randn(2000, 6)
images = torch.sigmoid(codes @ basis)


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(S * S, 64), nn.ReLU(), nn.Linear(64, 12))
        self.decoder = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, S * S), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


ae = AutoEncoder()
if FIX:
    opt, max_norm, red = torch.optim.SGD(ae.parameters(), lr=1.0, momentum=0.9), 10.0, "mean"
else:
    opt, max_norm, red = torch.optim.SGD(ae.parameters(), lr=1e-3, momentum=0.9), 1.0, "sum"
for epoch in range(20):
    tot = 0.0
    for b in torch.randperm(2000).split(64):
        x = images[b]
        rec = ae(x)
        loss = F.mse_loss(rec, x, reduction=red)
        opt.zero_grad()
        loss.backward()
        clip_grad_norm_(ae.parameters(), max_norm)
        opt.step()
        tot += F.mse_loss(rec.detach(), x).item() * len(b) / 2000
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} mse per pixel {tot:.4f}")
r2 = 1 - tot / images.var(0).mean().item()
print(f"FINAL loss={tot:.4f} metric={r2:.4f}")
