# clipping_dominates
# VAE with losses summed over the batch and the pixels: the gradient norm is in the thousands, clip_grad_norm_ at 1.0 (meant for a mean loss) cuts every step, and SGD with lr 2e-5 hardly moves
# mended by: clip at 1e5, a guard only
# cause words: clip threshold sum norm max_norm
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
P = 64
basis = torch.randn(4, P)


def images(n):
    return torch.sigmoid(torch.randn(n, 4) @ basis)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(P, 96), nn.Tanh(), nn.Linear(96, 16))
        self.dec = nn.Sequential(nn.Linear(8, 96), nn.Tanh(), nn.Linear(96, P))

    def forward(self, x):
        mu, lv = self.enc(x).chunk(2, 1)
        z = mu + torch.randn_like(mu) * (lv / 2).exp()
        return self.dec(z), mu, lv


net = VAE()
opt = torch.optim.SGD(net.parameters(), lr=2e-5, momentum=0.9)
for step in range(2500):
    x = images(128)
    out, mu, lv = net(x)
    rec = F.binary_cross_entropy_with_logits(out, x, reduction="sum")
    kl = -0.5 * (1 + lv - mu ** 2 - lv.exp()).sum()
    loss = rec + 0.1 * kl
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1e5 if FIX else 1.0)
    opt.step()
    if step % 250 == 0:
        print(step, loss.item() / len(x))
with torch.no_grad():
    x = images(2000)
    mu = net.enc(x)[:, :8]
    r2 = 1 - ((net.dec(mu).sigmoid() - x) ** 2).mean() / x.var(0).mean()
print(f"FINAL loss={loss.item() / len(x):.4f} metric={r2.item():.4f}")
