# healthy
# top-k sparse autoencoder: at any input 60 of 64 units are zero and get no gradient, on purpose; the true dictionary is recovered
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(10)
atoms = F.normalize(torch.randn(40, 24), dim=1)


def data(n):
    k = torch.rand(n, 40).topk(3, dim=1).indices
    c = torch.zeros(n, 40).scatter_(1, k, torch.rand(n, 3) + 0.5)
    return c @ atoms + 0.02 * torch.randn(n, 24)


class TopK(nn.Module):
    def __init__(self, d=24, m=64, k=4):
        super().__init__()
        self.k = k
        w = F.normalize(torch.randn(m, d), dim=1)
        self.enc = nn.Linear(d, m)
        self.enc.weight.data.copy_(w)
        self.enc.bias.data.zero_()
        self.dec = nn.Parameter(w.clone())
        self.b = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        a = F.relu(self.enc(x - self.b))
        v, i = a.topk(self.k, dim=1)
        z = torch.zeros_like(a).scatter(1, i, v)
        return z @ self.dec + self.b, z


net = TopK()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for s in range(2500):
    x = data(256)
    r, z = net(x)
    loss = F.mse_loss(r, x)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if s % 250 == 0:
        print(f"{s} loss {loss.item():.5f} active share {(z > 0).float().mean().item():.3f}")
with torch.no_grad():
    x = data(2000)
    ev = 1 - F.mse_loss(net(x)[0], x) / x.var()
    rec = (F.normalize(net.dec, dim=1) @ atoms.t()).max(0).values.mean().item()
print(f"FINAL loss={loss.item():.5f} metric={ev.item():.4f} (explained variance; mean cosine to true atoms {rec:.3f})")
