# dead_relu
# sparse autoencoder: the encoder bias starts at -3 "for sparsity", below what any input can outweigh, so almost no feature is ever active and none gets a gradient
# mended by: encoder bias 0
# cause words: bias negative init initialisation dead features never active
import os
import torch
import torch.nn as nn
import torch.nn.functional as F

FIX = os.environ.get("FIX") == "1"
torch.manual_seed(0)
L1, BIAS = 0.003, 0.0 if FIX else -3.0
D, TRUE, F_ = 32, 64, 128
dirs = F.normalize(torch.randn(TRUE, D), dim=1)


def activations(n):
    on = (torch.rand(n, TRUE) < 0.05).float() * (0.5 + torch.rand(n, TRUE))
    return on @ dirs + 0.01 * torch.randn(n, D)


class SAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc, self.dec = nn.Linear(D, F_), nn.Linear(F_, D)
        with torch.no_grad():
            self.dec.weight.copy_(F.normalize(torch.randn(D, F_), dim=0))
            self.enc.weight.copy_(self.dec.weight.T)
            self.dec.bias.zero_(); self.enc.bias.fill_(BIAS)

    def forward(self, x):
        f = F.relu(self.enc(x - self.dec.bias))
        return self.dec(f), f


net = SAE()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for step in range(1200):
    x = activations(512)
    out, f = net(x)
    rec = (out - x).pow(2).sum(-1).mean()
    loss = rec + L1 * f.abs().sum(-1).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    with torch.no_grad():
        net.dec.weight.div_(net.dec.weight.norm(dim=0, keepdim=True))
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f} rec {rec.item():.4f} L0 {(f > 0).float().sum(-1).mean().item():.1f}")
with torch.no_grad():
    x = activations(5000)
    out, f = net(x)
    ev = 1 - (out - x).pow(2).mean().item() / x.var(0).mean().item()
    alive = (f > 0).any(0).float().mean().item()
print(f"FINAL loss={loss.item():.4f} metric={ev:.3f} (explained variance; features alive {alive:.2f})")
