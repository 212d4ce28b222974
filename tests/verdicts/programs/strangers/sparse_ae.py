# healthy
# sparse autoencoder (dictionary learning): on purpose about four of five hidden units are zero for any one input, yet all live for some
import torch
from torch import nn

torch.manual_seed(13)
F_, D = 48, 24
dic = nn.functional.normalize(torch.randn(F_, D), dim=1)


def acts(n):
    on = (torch.rand(n, F_) < 0.05).float()
    return (on * (0.5 + torch.rand(n, F_))) @ dic + 0.02 * torch.randn(n, D)


class SAE(nn.Module):
    def __init__(self, h=64):
        super().__init__()
        W = nn.functional.normalize(torch.randn(h, D), dim=1)
        self.We, self.Wd = nn.Parameter(W.clone()), nn.Parameter(W.clone())
        self.be, self.bd = nn.Parameter(torch.zeros(h)), nn.Parameter(torch.zeros(D))

    def forward(self, x):
        z = torch.relu((x - self.bd) @ self.We.T + self.be)
        return z @ self.Wd + self.bd, z


sae = SAE()
opt = torch.optim.Adam(sae.parameters(), lr=2e-3, betas=(0.0, 0.999))
for s in range(1800):
    x = acts(256)
    r, z = sae(x)
    l1 = 0.15 * min(1.0, s / 400)
    loss = (r - x).pow(2).sum(1).mean() + l1 * z.sum(1).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        sae.Wd.div_(sae.Wd.norm(dim=1, keepdim=True))
    if s % 180 == 0:
        print(f"{s} loss {loss.item():.4f} active {(z > 0).float().mean():.3f}")
with torch.no_grad():
    x = acts(4000)
    r, z = sae(x)
    r2 = 1 - (r - x).pow(2).sum() / (x - x.mean(0)).pow(2).sum()
print(f"FINAL loss={loss.item():.4f} metric={r2:.3f} active={(z > 0).float().mean():.3f} dead={((z > 0).sum(0) == 0).sum()}")
